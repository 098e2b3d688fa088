// Asks the engines over HTTP whether they serve: a sensor with a thread of its own, so that a slow
// engine never holds up a round.
#pragma once

#include <functional>
#include <map>
#include <mutex>
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
    // Where peers come in: inside Docker, whatever name the spec gives for HTTP, because published
    // ports tell nothing of it. 0: not asked.
    std::string p2p_host;
    int p2p_port = 0;
    // `host` is the spec's word. It may lead elsewhere: until an engine has answered there, a
    // failure says nothing of any.
    bool named_in_spec = false;
};

// The engines of `seen` that it makes sense to ask: running, behind a gateway that is ready, in its
// present incarnation, at an address that is known.
std::vector<ProbeTarget> probe_targets(const EnginePool& pool, const Observation& seen, Time now);

// Marks as unreachable the engines that should be asked, but nobody knows where.
void mark_unreachable(const EnginePool& pool, Observation& seen);

class Prober {
  public:
    // `on_change` is called from the probing thread when an engine begins to answer, when a run of
    // failures or of refused P2P connections reaches the threshold, and when an engine that
    // answered stops doing so.
    Prober(ProbeTransport& transport, const Clock& clock, std::function<void()> on_change);

    // From now on these are asked, and no others. What is known of an engine that is left out is
    // forgotten. Any thread.
    void set_targets(const std::vector<ProbeTarget>& targets, const ProbeSpec& probe);

    // What is known of each target that was asked at least once, by engine id. Any thread.
    std::map<std::string, ProbeView> views() const;

    // Probes until `stop` is requested. One thread.
    void run(const std::stop_token& stop);

    // One turn of run(): begins what is due, waits at most `at_most` for replies. One thread.
    void turn(Duration at_most);

    // Whether each target was asked once. Any thread.
    bool asked_all() const;

  private:
    struct Subject {
        ProbeTarget target;
        ProbeView view;
        Monotonic due{};
        Monotonic failing_since{};
        bool under_way = false;
        Monotonic p2p_due{};
        Monotonic p2p_refused_since{};
        bool p2p_under_way = false;
    };

    std::vector<ProbeRequest> due_requests(Monotonic now, Duration& wait);
    bool take_in(ProbeReply reply, Monotonic now);
    bool learn(Subject& subject, const ProbeReply& reply, Monotonic now) const;
    bool learn_p2p(Subject& subject, const ProbeReply& reply, Monotonic now) const;

    ProbeTransport& transport_;
    const Clock& clock_;
    std::function<void()> on_change_;

    mutable std::mutex mutex_;  // guards what follows
    ProbeSpec probe_;
    std::map<std::string, Subject> subjects_;
    std::set<std::string> hosts_with_engines_;  // an engine has answered there
};

}  // namespace roundhouse
