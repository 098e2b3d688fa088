// Remembers which viewers were sent to which engine: for seconds those that are no session yet, and
// for as long as an engine has sessions the streams that it plays.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/balance.h"
#include "loop/clock.h"

namespace roundhouse {

struct Viewer {
    std::string stream;  // what is asked for; empty: no stream
    std::string client;  // its address
    std::string player;  // the same for all requests of one player
};

// Any thread. Holds at most `capacity` viewers.
class SentViewers {
  public:
    static constexpr std::size_t capacity = 1000;
    // A viewer that is no session after so long will not come.
    static constexpr Duration awaited_for = std::chrono::seconds(10);
    // A player that asks again within this time is still watching.
    static constexpr Duration player_for = std::chrono::seconds(30);

    // The clock must outlive it.
    explicit SentViewers(const Clock& clock) : clock_(clock) {}

    // One for each engine, in the same order, for a viewer of `stream`.
    std::vector<BalanceCandidate> candidates(const std::vector<EngineOffer>& engines,
                                             std::string_view stream);

    // The viewer is sent to that engine now. With `again` it was there before, and is no new one.
    void sent(const EngineOffer& engine, const Viewer& viewer, bool again);

    // The id of the engine that this player was last sent to; nullopt: none, or too long ago.
    std::optional<std::string> engine_of_player(std::string_view player) const {
        return last_engine(&Viewer::player, player);
    }
    // The same for any player of a client.
    std::optional<std::string> engine_of_client(std::string_view client) const {
        return last_engine(&Viewer::client, client);
    }

  private:
    struct Sending {
        std::string engine;
        Viewer viewer;
        int sessions_before = 0;
        Monotonic first;
        Monotonic last;
        bool plays = true;
    };

    void forget_those_who_left(const std::vector<EngineOffer>& engines);
    std::optional<std::string> last_engine(std::string Viewer::*member,
                                           std::string_view value) const;
    BalanceCandidate candidate(const EngineOffer& engine, std::string_view stream) const;
    Duration age(Monotonic since) const { return clock_.monotonic() - since; }

    const Clock& clock_;
    mutable std::mutex mutex_;  // guards what follows
    std::deque<Sending> sendings_;
};

}  // namespace roundhouse
