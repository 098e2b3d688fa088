#include "loop/reconciler.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/fingerprint.h"
#include "core/image.h"

namespace roundhouse {

namespace {

// A list that lags behind a step does so for tens of milliseconds.
constexpr Duration look_again{100};
// Only its control server shows when a gateway that starts is ready; Docker's first health check
// comes seconds later.
constexpr Duration look_at_start{500};
constexpr std::chrono::minutes longest_start{1};

bool is_soon_ready(const GatewayView& gateway) {
    return gateway.declared && gateway.state == GatewayState::starting &&
           gateway.not_ready_for < longest_start;
}

PullRequest pull_request_of(const EngineTemplate& shape) {
    return {shape.image, shape.registry_auth_file};
}

// Now or next; a pull is for an engine that is to be created, and a start is the end of a creation.
// While an engine waits for a forwarded port its image can be pulled.
bool creates_anything(const Plan& plan) {
    const auto waits_for_port = [](const Decision& decision) {
        return decision.reason == Reason::forwarded_port_awaited;
    };
    return std::ranges::any_of(plan.decisions, waits_for_port) ||
           std::ranges::any_of(plan.steps, [](const Step& step) {
               return step.creates_engine() || step.action == Action::pull ||
                      step.action == Action::start;
           });
}

bool shows_news(const Plan& plan, const RoundView* before) {
    const auto state_of = [](const Decision& decision) {
        return std::tie(decision.engine, decision.engine_id, decision.fate, decision.reason,
                        decision.ready);
    };
    return before == nullptr ||
           !std::ranges::equal(plan.decisions, before->plan.decisions, {}, state_of, state_of);
}

RoundOutcome outcome_of(const RoundResult& round) {
    if (!round.looked) return RoundOutcome::failed;
    return round.matches ? RoundOutcome::matched : RoundOutcome::differs;
}

}  // namespace

Reconciler::Reconciler(const Equipment& equipment)
    : with_(equipment),
      reader_(equipment.gateway_api, equipment.workers, equipment.clock, equipment.wake),
      strangers_(equipment.ports),
      sessions_(equipment.runtime, equipment.workers, equipment.sockets, equipment.own,
                equipment.clock),
      failures_(equipment.last_lines),
      narrator_(equipment.journal) {}

RoundResult Reconciler::round(const std::stop_token& stop) {
    const SpecInForce spec = with_.board.spec();
    if (spec.pool == nullptr) return {};
    const Monotonic began = with_.clock.monotonic();
    RoundResult result = run_round(spec, stop);
    result.took = with_.clock.monotonic() - began;
    with_.meters.round_ended(outcome_of(result), result.took);
    return result;
}

RoundResult Reconciler::run_round(SpecInForce spec, const std::stop_token& stop) {
    const auto declared = spec.pool;
    auto [pool, refusal] =
        with_.steps.templates().in_service(declared, why_not_pulled(declared->engine_template));
    const bool lacks_image = refusal && refusal->awaits_image;
    spec.pool = std::move(pool);
    StepRunner::Look steps(with_.steps, *spec.pool);
    auto survey = this->survey(*spec.pool, std::move(refusal), steps, with_.patience);
    const Time now = with_.clock.now();
    if (!survey) {
        narrator_.look_failed(survey.fault().message);
        narrator_.conditions_changed(with_.board.set_conditions(
            judge_failed_look(survey.fault().message), spec.generation, now));
        return {};
    }
    narrator_.look_worked();
    note_templates(*spec.pool, survey.value().seen);
    if (!stop.stop_requested()) {
        failures_.note(survey.value().plan, survey.value().seen, with_.clock.monotonic());
        hand_out(spec.pool, survey.value().plan, steps);
    }
    RoundResult result = report(spec, std::move(survey.value()), steps.list_lags());
    if (lacks_image && !stop.stop_requested()) pull_again(*declared, result);
    return result;
}

// Why the declared image is missing, where the image before it is there to stand in. Docker is
// asked only after a pull that failed: somebody may have loaded the image by hand since.
std::string Reconciler::why_not_pulled(const EngineTemplate& declared) const {
    const ImageView pulled = with_.puller.view(pull_request_of(declared));
    const auto accepted = with_.steps.templates().accepted();
    if (pulled.pull_failures == 0 || !accepted || accepted->image == declared.image) return "";
    const auto is_there = with_.runtime.has_image(declared.image);
    // Where Docker does not tell, a pull that went well since does.
    const bool pulled_since =
        pulled.since_last_pull && *pulled.since_last_pull < pulled.since_last_failure;
    const bool is_loaded = is_there ? is_there.value() : pulled_since;
    if (is_loaded && (pulled_since || declared.pull_policy != PullPolicy::always)) {
        with_.puller.forget_failures(declared.image);
        return "";
    }
    const auto stands_in = with_.runtime.has_image(accepted->image);
    return stands_in && !stands_in.value() ? "" : pulled.failure;
}

// The plan for the template that stands in says nothing of the declared image.
void Reconciler::pull_again(const EnginePool& declared, RoundResult& result) {
    const PullRequest request = pull_request_of(declared.engine_template);
    ImageView image = with_.puller.view(request);
    image.present = false;
    const ImageVerdict verdict = judge_image(declared.engine_template, image);
    if (verdict.pull) with_.puller.start(request);
    if (verdict.due_in) {
        result.wake_in = std::min(result.wake_in.value_or(*verdict.due_in), *verdict.due_in);
    }
}

// Docker has accepted the template of engines that run, perhaps before this process began.
void Reconciler::note_templates(const EnginePool& pool, const Observation& seen) {
    const std::string hash = template_hash(pool);
    const bool is_used = std::ranges::any_of(seen.engines, [&](const EngineView& engine) {
        return engine.state == EngineState::running && engine.template_hash == hash;
    });
    if (is_used) with_.steps.templates().accept(pool);
}

Result<Survey> Reconciler::survey(const EnginePool& pool) {
    StepRunner::Look steps(with_.steps, pool);
    return survey(pool, std::nullopt, steps, GatewayReader::full_patience);
}

Result<Survey> Reconciler::survey(const EnginePool& pool, std::optional<TemplateRefusal> refusal,
                                  StepRunner::Look& steps, Duration patience) {
    auto looked =
        look(with_.runtime, with_.workers, pool, [&](int slot) { return steps.is_changing(slot); });
    if (!looked) return looked.fault();
    // What only waited for time may go by a port that was given up meanwhile.
    if (plan_due_ && with_.clock.monotonic() >= *plan_due_) reader_.forget_ages();
    reader_.read(pool, looked.value().gateways, patience);
    reader_.find_engines(with_.ports, looked.value().engines, looked.value().gateways);
    const std::vector<GatewaySighting> gateways = looked.value().gateways;
    Observation seen = sense(pool, std::move(looked.value()));
    seen.template_refusal = std::move(refusal);
    recall_doubts(pool, seen);

    const Time now = with_.clock.now();
    with_.prober.set_targets(probe_targets(pool, seen, now), pool.engine_template.probe);
    steps.pause_steps(seen);
    bool measured = false;
    const auto make_plan = [&] {
        Plan planned = plan(pool, seen, now);
        if (!measured && sessions_.is_due(planned, pool.check_interval)) {
            measured = true;
            sessions_.measure(gateways, seen.engines);
            planned = plan(pool, seen, now);
        }
        // What did not help is not repeated at once.
        return steps.count_vain(planned.steps, seen) ? plan(pool, seen, now) : planned;
    };
    const auto surveyed = [&](Plan made) {
        sessions_.note_wishes(made);
        return Survey{std::move(seen), std::move(made)};
    };
    Plan first = make_plan();
    if (!creates_anything(first)) return surveyed(std::move(first));

    // Only now is it worth asking for the image, and for names and ports that strangers hold.
    steps.resume_steps();
    const Monotonic asked_at = with_.clock.monotonic();
    look_before_creating(with_.runtime, with_.workers, pool, seen);
    take_in_image(pool.engine_template, asked_at, steps, seen);
    doubts_ = {pool.engine_template.image, seen.image.unknown, seen.names_unknown};
    strangers_.look_for(first, seen);
    guests_.fill_in(with_.runtime, seen.gateways, asked_at);
    steps.pause_steps(seen);
    Plan second = make_plan();
    // An engine that gives way to a stranger's port or name needs another port, which may be a
    // stranger's, too.
    while (strangers_.look_for(second, seen))
        second = make_plan();
    return surveyed(std::move(second));
}

// Docker has said whether the image is there; pulls and creates have shown more of it.
void Reconciler::take_in_image(const EngineTemplate& shape, Monotonic asked_at,
                               const StepRunner::Look& steps, Observation& seen) {
    const ImageView told = std::move(seen.image);
    const bool is_known = told.unknown.empty();
    if (is_known) with_.puller.note_presence(shape.image, told.present, asked_at);
    seen.image = with_.puller.view(pull_request_of(shape));
    seen.image.unknown = told.unknown;
    seen.image.present = told.present;
    const auto missing_ago = steps.image_missing_ago(shape.image);
    // Nobody tells when it has been loaded by hand: only the next create does.
    if (is_known || !missing_ago || shape.pull_policy == PullPolicy::never) return;
    const auto& pulled_ago = seen.image.since_last_pull;
    seen.image.present = pulled_ago && *pulled_ago < *missing_ago;
}

// What the last answers did not show: Docker is not asked again before the next create.
void Reconciler::recall_doubts(const EnginePool& pool, Observation& seen) const {
    if (doubts_.image == pool.engine_template.image) seen.image.unknown = doubts_.about_image;
    seen.names_unknown = doubts_.about_names;
}

Observation Reconciler::sense(const EnginePool& pool, Sightings looked) {
    auto measured =
        gateways_.measure(looked.gateways, pool.reconnect_min_interval, with_.clock.monotonic());
    for (const auto& gateway : measured.with_other_ports)
        with_.meters.forwarded_ports_changed(gateway);
    nearby_.name_similar(with_.runtime, pool, measured.gateways, with_.clock.monotonic());
    Observation seen;
    seen.runtime = std::move(looked.runtime);
    seen.gateways = std::move(measured.gateways);
    seen.engines = std::move(looked.engines);
    seen.neighbours = std::move(looked.neighbours);
    seen.image = with_.puller.view(pull_request_of(pool.engine_template));
    const auto views = with_.prober.views();
    for (auto& engine : seen.engines) {
        const auto view = views.find(engine.id);
        if (view != views.end()) engine.probe = view->second;
    }
    mark_unreachable(pool, seen);
    sessions_.recall(seen.engines);
    failures_.recall(seen, with_.clock.monotonic());
    with_.board.drains().apply(pool, seen);
    strangers_.recall(seen);
    guests_.fill_in(with_.runtime, seen.gateways, with_.clock.monotonic());
    return seen;
}

void Reconciler::hand_out(const std::shared_ptr<const EnginePool>& pool, const Plan& plan,
                          StepRunner::Look& steps) {
    steps.hand_out(plan.steps, pool);
    if (std::ranges::find(plan.steps, Action::pull, &Step::action) != plan.steps.end()) {
        with_.puller.start(pull_request_of(pool->engine_template));
    }
}

RoundResult Reconciler::report(const SpecInForce& spec, Survey survey, bool list_lags) {
    const Time now = with_.clock.now();
    auto conditions = judge_conditions(*spec.pool, survey.seen, survey.plan);
    RoundResult result;
    result.looked = true;
    result.matches = survey.plan.matches();
    result.plans_steps = !survey.plan.steps.empty();
    result.acts = result.plans_steps || !survey.seen.steps_in_flight.empty();
    result.shows_news = shows_news(survey.plan, with_.board.round().get());
    plan_due_.reset();
    if (survey.plan.wake_at) {
        result.wake_in = std::max(*survey.plan.wake_at - now, Duration{0});
        plan_due_ = with_.clock.monotonic() + *result.wake_in;
    }
    const auto look_within = [&](Duration time) {
        result.wake_in = std::min(result.wake_in.value_or(time), time);
    };
    if (list_lags) look_within(look_again);
    if (const auto next = reader_.next_look_in()) look_within(*next);
    if (std::ranges::any_of(survey.seen.gateways, is_soon_ready)) look_within(look_at_start);
    const auto view = std::make_shared<const RoundView>(
        RoundView{spec.pool, spec.generation, std::move(survey.seen), std::move(survey.plan), now});
    // The board comes first: a reader of the log may ask for it at once.
    with_.board.publish(view);
    const auto changed = with_.board.set_conditions(std::move(conditions), spec.generation, now);
    narrator_.round_ended(view->seen, view->plan);
    narrator_.conditions_changed(changed);
    return result;
}

}  // namespace roundhouse
