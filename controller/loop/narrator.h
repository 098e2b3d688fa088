// Records in the journal what changed between two rounds: transitions, not states. It remembers
// what it recorded last; no decision depends on that.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/observation.h"
#include "core/plan.h"
#include "core/status.h"
#include "loop/journal.h"

namespace roundhouse {

// One thread: the loop's.
class Narrator {
  public:
    explicit Narrator(Journal& journal) : journal_(journal) {}

    void round_ended(const Observation& seen, const Plan& plan);
    void conditions_changed(const std::vector<Condition>& changed);
    // A message that repeats is recorded once, until a look works again.
    void look_failed(const std::string& message);
    void look_worked();

  private:
    void log_runtime(const RuntimeView& runtime);
    void log_gateways(const Observation& seen);
    void log_vpn(const GatewayView& gateway, const GatewayView* before);
    void log_ports(const GatewayView& gateway);
    void log_engines(const Plan& plan);
    void log_passed_over(const Observation& seen, const Plan& plan);
    void ready_changed(const Condition& condition);
    void stable_changed(const Condition& condition);

    Journal& journal_;
    RuntimeView runtime_;
    std::map<std::string, GatewayView> gateways_;
    std::map<std::string, std::vector<int>> ports_;  // by gateway, of those that had any
    std::map<std::string, std::pair<Fate, Reason>> engines_;
    std::set<int> passed_over_;
    std::set<std::string> bad_conditions_;  // types that were recorded as not good
    bool was_ready_ = false;
    bool was_stable_ = true;
    std::string look_fault_;
};

}  // namespace roundhouse
