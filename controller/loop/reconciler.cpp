#include "loop/reconciler.h"

#include <algorithm>
#include <utility>

#include "core/fingerprint.h"
#include "loop/gateway_reader.h"
#include "loop/observer.h"

namespace roundhouse {

namespace {

bool creates_anything(const Plan& plan) {
    return std::ranges::any_of(plan.steps, [](const Step& step) { return step.makes_anew(); });
}

RoundOutcome outcome_of(const RoundResult& round) {
    if (!round.looked) return RoundOutcome::failed;
    return round.matches ? RoundOutcome::matched : RoundOutcome::differs;
}

}  // namespace

Reconciler::Reconciler(const Equipment& equipment)
    : with_(equipment), narrator_(equipment.journal) {}

RoundResult Reconciler::round(const std::stop_token& stop) {
    const SpecInForce spec = with_.board.spec();
    if (spec.pool == nullptr) return {};
    const Monotonic began = with_.clock.monotonic();
    const RoundResult result = run_round(spec, stop);
    with_.meters.round_ended(outcome_of(result), with_.clock.monotonic() - began);
    return result;
}

RoundResult Reconciler::run_round(const SpecInForce& spec, const std::stop_token& stop) {
    auto survey = this->survey(*spec.pool);
    const Time now = with_.clock.now();
    if (!survey || stop.stop_requested()) with_.steps.hand_out({}, spec.pool);
    if (!survey) {
        narrator_.look_failed(survey.fault().message);
        narrator_.conditions_changed(
            with_.board.set_conditions(judge_failed_look(survey.fault().message), now));
        return {};
    }
    narrator_.look_worked();
    if (!stop.stop_requested()) hand_out(spec.pool, survey.value().plan);
    return report(spec, std::move(survey.value()));
}

Result<Survey> Reconciler::survey(const EnginePool& pool) {
    // Steps go on meanwhile, as looking may take long while Docker is busy with them.
    Observation sensed;
    with_.steps.begin_look(pool, sensed);
    auto looked =
        look(with_.runtime, pool, [this](int slot) { return with_.steps.in_flight(slot); });
    if (!looked) return looked.fault();
    Observation seen = std::move(looked.value());
    read_gateways(with_.gateway_api, with_.workers, pool, seen.gateways);
    seen.troubles = std::move(sensed.troubles);
    seen.created_ago = std::move(sensed.created_ago);
    sense(pool, seen);

    const Time now = with_.clock.now();
    with_.prober.set_targets(probe_targets(pool, seen, now), pool.engine_template.probe);
    with_.steps.hold(seen);
    Plan first = plan(pool, seen, now);
    if (!creates_anything(first)) return Survey{std::move(seen), std::move(first)};

    // Only now is it worth asking for the image and for names that strangers hold.
    with_.steps.release();
    const auto looked_closer = look_before_creating(with_.runtime, pool, seen);
    if (!looked_closer) return looked_closer.fault();
    with_.steps.hold(seen);
    Plan second = plan(pool, seen, now);
    return Survey{std::move(seen), std::move(second)};
}

void Reconciler::sense(const EnginePool& pool, Observation& seen) {
    for (const auto& gateway : gateways_.measure(seen.gateways, with_.clock.monotonic())) {
        with_.meters.forwarded_ports_changed(gateway);
    }
    seen.image = with_.puller.view(pool.engine_template.image);
    const auto views = with_.prober.views();
    for (auto& engine : seen.engines) {
        const auto view = views.find(engine.id);
        if (view != views.end()) engine.probe = view->second;
    }
    mark_unreachable(pool, seen);
}

void Reconciler::hand_out(const std::shared_ptr<const EnginePool>& pool, const Plan& plan) {
    with_.steps.hand_out(plan.steps, pool);
    if (std::ranges::find(plan.steps, Action::pull, &Step::action) != plan.steps.end()) {
        with_.puller.start(pool->engine_template.image);
    }
}

RoundResult Reconciler::report(const SpecInForce& spec, Survey survey) {
    const Time now = with_.clock.now();
    auto conditions = judge_conditions(*spec.pool, survey.seen, survey.plan);
    RoundResult result;
    result.looked = true;
    result.matches = survey.plan.matches();
    result.acts = !survey.plan.steps.empty() || !survey.seen.steps_in_flight.empty();
    if (survey.plan.wake_at) result.wake_in = std::max(*survey.plan.wake_at - now, Duration{0});
    const auto view = std::make_shared<const RoundView>(
        RoundView{spec.pool, spec.generation, std::move(survey.seen), std::move(survey.plan), now});
    // The board comes first: whoever is told of something may ask at once.
    with_.board.publish(view);
    const auto changed = with_.board.set_conditions(std::move(conditions), now);
    narrator_.round_ended(view->seen, view->plan);
    narrator_.conditions_changed(changed);
    return result;
}

}  // namespace roundhouse
