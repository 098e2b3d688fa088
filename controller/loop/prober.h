// Asks the engines over HTTP whether they serve: a sensor with a thread of its own, so that a slow
// engine never delays a round.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"
#include "loop/clock.h"
#include "loop/probe_transport.h"

namespace roundhouse {

struct ProbeTarget {
    std::string engine_id;
    std::string host;
    int port = 0;
    // Still within its startup timeout: asked often, so that it is known soon that it is ready.
    bool young = false;
    // Where peers connect: inside Docker, whatever name the spec gives for HTTP, because a
    // published port says nothing about it. 0: not asked.
    std::string p2p_host;
    int p2p_port = 0;
    // The spec names `host`, which may lead elsewhere: a failure counts only once some engine has
    // answered there.
    bool named_in_spec = false;
    // Another port of the same namespace at `host`. Where the engine's port is silent, both are
    // asked at the same moment: if this one replies, connected or refused, the silence is the
    // engine's. 0: there is none.
    int witness_port = 0;
};

// The engines of `seen` that can be asked: they run, behind a gateway that is ready, in its present
// incarnation, at a known address.
std::vector<ProbeTarget> probe_targets(const EnginePool& pool, const Observation& seen, Time now);

// Marks as unreachable the engines that should be asked, but whose address is not known.
void mark_unreachable(const EnginePool& pool, Observation& seen);

class Prober {
  public:
    // `on_change` is called from the probing thread when an engine begins to answer, when a run of
    // failures or of refused P2P connections reaches the threshold, and when an engine that
    // answered stops doing so.
    Prober(ProbeTransport& transport, const Clock& clock, std::function<void()> on_change);

    // From now on these are asked, and no others. What is known of an engine that is left out is
    // forgotten, and replies to probes of it that are under way are ignored. Any thread.
    void set_targets(const std::vector<ProbeTarget>& targets, const ProbeSpec& probe);

    // What is known of each target that was asked at least once, by engine id. Any thread.
    std::map<std::string, ProbeView> views() const;

    // Probes until `stop` is requested. One thread.
    void run(const std::stop_token& stop);

    // One turn of run(): begins what is due, waits at most `at_most` for replies. An engine that is
    // well is asked up to a tenth of its period early, together with another. One thread.
    void turn(Duration at_most);

    // Whether each target was asked once. Any thread.
    bool asked_all() const;

  private:
    enum class Question { http, witness, p2p };
    // A probe that has not ended.
    struct Probe {
        Question question = Question::http;
        std::string engine_id;
        int port = 0;    // of a witness
        int beside = 0;  // of a witness: the ticket of the HTTP probe that began with it
    };
    struct Subject {
        ProbeTarget target;
        ProbeView view;
        Monotonic due{};
        Monotonic failing_since{};
        int ticket = 0;              // of the HTTP probe under way; 0: there is none
        bool was_silent = false;     // when last asked: the next time witnesses are asked, too
        std::optional<int> witness;  // the port that replied when both were asked
        Monotonic p2p_due{};
        Monotonic p2p_refused_since{};
        int p2p_ticket = 0;
    };

    std::vector<ProbeRequest> due_requests(Monotonic now, Duration& wait);
    ProbeRequest ask(Question question, const Subject& subject);
    ProbeRequest ask_witness(const Subject& subject, int port);
    std::set<int> witnesses_of(const Subject& subject) const;
    void take_in_witness(const ProbeReply& reply);
    bool take_in(ProbeReply reply, Monotonic now);
    bool take_in_silence(Subject& subject, std::string detail, Monotonic now);
    bool conclude(Subject& subject, ProbeReply reply, Monotonic now);
    Duration pause_after(const Subject& subject, ProbeOutcome outcome, Monotonic now) const;
    bool learn(Subject& subject, const ProbeReply& reply, Monotonic now) const;
    bool learn_p2p(Subject& subject, ProbeOutcome outcome, Monotonic now) const;

    ProbeTransport& transport_;
    const Clock& clock_;
    std::function<void()> on_change_;

    mutable std::mutex mutex_;  // guards what follows
    ProbeSpec probe_;
    std::map<std::string, Subject> subjects_;
    std::set<std::string> engine_hosts_;  // where an engine has answered
    std::map<int, Probe> under_way_;      // by ticket
    int last_ticket_ = 0;
};

}  // namespace roundhouse
