// Those who watch: when they come and go, what the socket tables show of them, and whether anybody
// was cut off by choice (A8).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fakes/dice.h"
#include "loop/board.h"
#include "loop/socket_tables.h"

namespace roundhouse::test {

// A connection to an engine, from its beginning to its end.
struct Visit {
    Endpoint peer;
    Duration from{0};
    Duration until{0};
    bool leaves_trace = false;  // the kernel remembers its end for a minute
};

// The truth, for one world.
class Viewers {
  public:
    // Some come to an engine that serves from then on: for long, or for a moment now and then.
    void come(const std::string& engine_id, Duration serves_from, Dice& dice);
    void leave_all(Duration now);
    // This controller's own connection to a port of that container's namespace.
    void note_probe(const std::string& container_id, int port, const Visit& probe);

    const std::vector<Visit>& of(const std::string& engine_id) const;
    // When somebody was last there; nullopt: never so far.
    std::optional<Duration> last_seen(const std::string& engine_id, Duration now) const;
    // The rows of own connections.
    std::vector<SocketRow> probes(const std::string& container_id, Duration now) const;

    Endpoint next_peer();
    bool readable = true;  // the tables can be read

  private:
    struct Probe {
        std::string container_id;
        int port = 0;
        Visit visit;
    };
    std::map<std::string, std::vector<Visit>> visits_;  // by the engine's id
    std::vector<Probe> probes_;
    int peers_ = 0;
};

// The row of a visit as it shows now; nullopt: none.
std::optional<SocketRow> row_of(const Visit& visit, int port, Duration now);

// Whether the container with this id is gone.
using IsGone = std::function<bool(const std::string&)>;

// Compares what one process of the controller was told with what it does.
class DrainWatch {
  public:
    void process_began();
    void round_began(Duration now) {
        told_in_round_.clear();
        asked_in_round_.clear();
        round_began_at_ = now;
    }
    // A read of an engine's table: whether it showed somebody; or it failed.
    void told(const std::string& engine_id, bool in_use, Duration now);
    // A table was read, and shows nobody who uses an engine whose container is gone.
    void told_without(const IsGone& is_gone) {
        for (auto& [id, told] : told_)
            told.in_use = told.in_use && !is_gone(id);
    }
    void not_told(const std::string& engine_id, Duration now) {
        asked_in_round_.insert(engine_id);
        told_[engine_id].failed_at = now;
        told_[engine_id].failed_from = round_began_at_;
    }

    // The first rule that the round breaks, in words.
    std::optional<std::string> check(const RoundView& view, const Viewers& viewers,
                                     const IsGone& is_gone, Duration now);

  private:
    struct Told {
        std::optional<Duration> first_at;
        std::optional<Duration> at;  // the last read that worked
        bool in_use = false;         // what it showed
        std::optional<Duration> last_in_use;
        // The look that failed was made some time between these two.
        std::optional<Duration> failed_from;
        std::optional<Duration> failed_at;
        std::optional<Duration> perhaps_missed_at;
    };

    void note_untold(const RoundView& view, Duration now);
    void note_wishes(const RoundView& view, Duration now);
    std::optional<std::string> check_wait(const Decision& decision, const DrainSpec& drain,
                                          const Viewers& viewers, Duration now) const;
    std::optional<std::string> check_step(const RoundView& view, const Step& step,
                                          Duration now) const;

    std::map<std::string, Told> told_;  // by the engine's id
    std::set<std::string> told_in_round_;
    std::set<std::string> asked_in_round_;  // told or not
    Duration round_began_at_{0};
    std::map<std::string, Duration> wished_at_;    // by the engine's id
    std::map<std::string, Duration> waits_since_;  // by the engine's id
};

}  // namespace roundhouse::test
