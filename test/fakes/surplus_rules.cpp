#include "fakes/surplus_rules.h"

#include <algorithm>
#include <map>

#include "core/drain.h"
#include "core/engine_facts.h"

namespace roundhouse::test {

namespace {

// One plan under examination.
class Surplus {
  public:
    Surplus(const EnginePool& pool, const Observation& seen, const Plan& plan)
        : pool_(pool), seen_(seen), plan_(plan) {}

    std::optional<std::string> examine() {
        examine_victims();
        examine_evenness();
        return broken_;
    }

  private:
    void require(bool kept, const std::string& otherwise) {
        if (!kept && !broken_) broken_ = "the plan " + otherwise;
    }

    const EngineView& engine_of(const Decision& decision) const {
        static const EngineView none;
        const auto found = std::ranges::find(seen_.engines, decision.engine_id, &EngineView::id);
        return found == seen_.engines.end() ? none : *found;
    }

    // Whatever is decided, Docker does not remove it.
    bool stays(const Decision& decision) const {
        return cannot_be_removed(engine_of(decision), seen_);
    }

    // Of too many, those that serve go last.
    void examine_victims() {
        const auto is_spared = [](const Decision& decision) {
            return decision.fate == Fate::keep && !decision.ready && !decision.action;
        };
        if (std::ranges::none_of(plan_.decisions, is_spared)) return;
        for (const auto& decision : plan_.decisions) {
            const bool victim = decision.fate == Fate::surplus && decision.ready &&
                                decision.reason == Reason::surplus &&
                                engine_of(decision).drain_request == DrainRequest::none;
            require(!victim, "removes " + decision.engine + ", and one that does not serve stays");
        }
    }

    // Row 12: of engines that are equally good, those go that leave the gateways even: else another
    // one is moved afterwards.
    void examine_evenness() {
        if (!seen_.steps_in_flight.empty()) return;
        const auto beyond = [&](const EngineView& engine) {
            return engine.slot.value_or(0) >= pool_.max_active_replicas;
        };
        if (std::ranges::any_of(seen_.engines, beyond)) return;  // these go first
        const auto goes = [&](const Decision& decision) {
            return decision.fate == Fate::surplus && decision.reason == Reason::surplus &&
                   decision.ready && decision.action &&
                   engine_of(decision).drain_request == DrainRequest::none;
        };
        std::map<std::string, int> left;  // by gateway
        for (const auto& decision : plan_.decisions) {
            const bool counts = decision.fate == Fate::keep || decision.fate == Fate::outdated ||
                                (decision.fate == Fate::surplus && decision.action);
            left[decision.gateway] += counts && decision.action != Action::remove ? 1 : 0;
        }
        for (const auto& victim : plan_.decisions) {
            if (!goes(victim)) continue;
            for (const auto& spared : plan_.decisions) {
                const bool alike = spared.fate == Fate::keep && spared.ready && !spared.action &&
                                   spared.has_forwarded_port == victim.has_forwarded_port &&
                                   spared.updated == victim.updated && !stays(spared) &&
                                   in_use(engine_of(spared), pool_.drain) ==
                                       in_use(engine_of(victim), pool_.drain);
                require(!alike || left[spared.gateway] < left[victim.gateway] + 2,
                        "removes " + victim.engine + ", and leaves more behind gateway " +
                            spared.gateway);
            }
        }
    }

    const EnginePool& pool_;
    const Observation& seen_;
    const Plan& plan_;
    std::optional<std::string> broken_;
};

}  // namespace

std::optional<std::string> broken_surplus_rule(const EnginePool& pool, const Observation& seen,
                                               const Plan& plan) {
    return Surplus(pool, seen, plan).examine();
}

}  // namespace roundhouse::test
