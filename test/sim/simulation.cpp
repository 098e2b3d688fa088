#include "sim/simulation.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "loop/driver.h"
#include "loop/reconciler.h"
#include "sim/as_row.h"
#include "sim/process.h"
#include "sim/specs.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;

constexpr int most_calls = 20'000;
constexpr Duration never{1'000'000'000'000};

}  // namespace

Simulation::Simulation(std::uint64_t seed, Tell tell)
    : world_(seed), watchdog_(world_), tell_(std::move(tell)) {
    if (tell_) world_.tell = [this](const std::string& line) { say(line); };
    world_.docker.set_event_listener([this](const RuntimeEvent& event) { note_event(event); });
}

Simulation::Simulation(const Story& story, std::optional<Death> death, Tell tell)
    : world_(story.spec), watchdog_(world_), tell_(std::move(tell)), death_(death) {
    if (tell_) world_.tell = [this](const std::string& line) { say(line); };
    world_.docker.set_event_listener([this](const RuntimeEvent& event) { note_event(event); });
    story_lasts_ = story.lasts;
    // By the story: causes of what follows.
    world_.disturbances = {Disturbance::spec_edited, Disturbance::vpn_lost,
                           Disturbance::gateway_renamed};
    for (const auto& happening : story.happenings) {
        world_.later(happening.at, [this, what = happening.what] { what(world_); });
    }
}

Simulation::~Simulation() {
    bury();
}

void Simulation::say(const std::string& line) const {
    if (tell_) tell_(std::to_string(world_.clock.elapsed.count()) + " ms: " + line);
}

// FNV-1a over whole words.
void Simulation::mix(std::uint64_t value) {
    result_.trace = (result_.trace ^ value) * 0x100000001b3U;
}

void Simulation::note_call(Operation operation, const std::string& subject, bool well) {
    ++result_.step;
    mix(static_cast<std::uint64_t>(operation) * 2 + (well ? 1 : 0));
    mix(std::hash<std::string>{}(subject));
    mix(static_cast<std::uint64_t>(world_.clock.elapsed.count()));
    const FakeCall call{operation, subject, std::nullopt};
    // What cannot be removed or pulled is tried again until it can.
    const bool in_vain = world_.stuck.contains(subject) || subject == mistyped_image;
    if (call.changes_something() && !in_vain) {
        last_change_ = world_.clock.elapsed;
    }
    if (tell_) {
        say("  " + std::string(to_string(operation)) + " " + subject.substr(0, 20) +
            (well ? "" : " FAILED"));
    }
}

// --- time and order ---------------------------------------------------------------------------

void Simulation::begin(Job job) {
    const Duration wake = world_.clock.elapsed + Duration{world_.dice.below(3)};
    fibers_.push_back({std::make_unique<Fiber>(std::move(job)), wake});
}

void Simulation::pass(Duration time) {
    const Duration until = world_.clock.elapsed + time;
    if (Fiber::current() == nullptr) return run_until(until);
    current_wake_ = until;
    Fiber::give_way();
}

Duration Simulation::next_due() const {
    Duration next = world_.next_change().value_or(never);
    if (disturbances_left_ > 0) next = std::min(next, next_disturbance_);
    for (const auto& each : fibers_)
        next = std::min(next, each.wake);
    if (process_ != nullptr) next = std::min(next, process_->probes.due);
    if (!events_.empty()) next = std::min(next, events_.begin()->first);
    return next;
}

// Does one thing that is due.
void Simulation::act() {
    const Duration now = world_.clock.elapsed;
    world_.advance_to(now);
    notice_edits();
    deliver_events();
    for (std::size_t i = 0; i < fibers_.size(); ++i) {
        if (fibers_[i].wake <= now) return resume(i);
    }
    if (process_ != nullptr && process_->probes.due <= now) return process_->prober.turn(60s);
    if (disturbances_left_ > 0 && next_disturbance_ <= now) {
        --disturbances_left_;
        next_disturbance_ = now + Duration{world_.dice.between(20, 8'000)};
        world_.disturb();
        notice_edits();
    }
}

// Docker tells of a container's end before its lists show it: of the end of one that ran a while.
void Simulation::note_event(const RuntimeEvent& event) {
    const Duration now = world_.clock.elapsed;
    Dice& dice = world_.dice;
    if (event.action == "die" && world_.life(event.container_id) != nullptr)
        world_.ending_until[event.container_id] = now + Duration{dice.between(70, 180)};
    if (world_.has(Disturbance::event_lost) && dice.one_in(3)) return;
    const bool late = world_.has(Disturbance::event_late) && dice.one_in(3);
    events_.emplace(now + Duration{late ? dice.between(200, 9'000) : dice.between(1, 20)}, event);
}

void Simulation::deliver_events() {
    while (!events_.empty() && events_.begin()->first <= world_.clock.elapsed) {
        const RuntimeEvent event = std::move(events_.extract(events_.begin()).mapped());
        if (process_ == nullptr) continue;
        say("event: " + event.action + " " + event.container_name);
        process_->listener.take(event);
        if (event.action == "die") watchdog_.told_of_end(event.container_id);
    }
}

void Simulation::resume(std::size_t index) {
    Fiber& fiber = *fibers_[index].fiber;
    fiber.resume();
    // It may have begun others: the place of this one has not changed, but its address may have.
    if (fiber.ended()) {
        fibers_.erase(fibers_.begin() + static_cast<std::ptrdiff_t>(index));
    } else {
        fibers_[index].wake = current_wake_;
    }
}

// Everything but rounds, up to that moment; ends early when the controller is killed.
void Simulation::run_until(Duration moment) {
    while (!killed_ && next_due() <= moment) {
        world_.advance_to(next_due());
        act();
    }
    if (!killed_) world_.advance_to(moment);
}

// One thing, whatever is due first.
void Simulation::step() {
    if (killed_) {
        bury();
        restart_at_ = world_.clock.elapsed + Duration{world_.dice.below(10'000)};
        killed_ = false;
    }
    const Duration controller_due = process_ == nullptr ? restart_at_ : round_due_;
    const Duration other_due = next_due();
    world_.advance_to(std::min(controller_due, other_due));
    if (other_due < controller_due) return act();
    if (process_ == nullptr) return start_process();
    round();
}

// --- the controller ---------------------------------------------------------------------------

void Simulation::start_process() {
    say("the controller starts");
    process_ = std::make_unique<Process>(world_, watchdog_, *this, [this] { wake(); });
    watchdog_.controller_started();
    process_->board.accept(world_.spec());
    spec_version_ = world_.saves();
    woken_ = false;
    round_due_ = round_not_before_ = world_.clock.elapsed;
}

Dying Simulation::dying() {
    ++calls_begun_;
    if (death_) {
        if (calls_begun_ != death_->call) return Dying::no;
        return death_->after ? Dying::after : Dying::before;
    }
    if (!world_.has(Disturbance::controller_crashes) || !world_.dice.one_in(40)) return Dying::no;
    return world_.dice.one_in(2) ? Dying::before : Dying::after;
}

void Simulation::kill() {
    say("the controller is killed");
    killed_ = true;
    world_.template_accepted = false;
    // In a world at rest nobody knows a template any more that Docker accepts, but the user.
    if (world_.calm && is_refused(world_.spec())) {
        EnginePool mended = world_.spec();
        mend(mended.engine_template);
        world_.save(std::move(mended));
    }
}

// Lets what is left of a process end: its calls have no effect any more.
void Simulation::bury() {
    killed_ = true;
    while (!fibers_.empty())
        resume(fibers_.size() - 1);
    process_.reset();
    world_.template_accepted = false;
}

void Simulation::wake() {
    woken_ = true;
    if (!in_round_) round_due_ = std::max(round_not_before_, world_.clock.elapsed);
}

void Simulation::notice_edits() {
    if (process_ == nullptr || spec_version_ == world_.saves()) return;
    spec_version_ = world_.saves();
    if (process_->board.accept(world_.spec())) wake();
}

// As loop/driver does it, with a clock that stands still.
void Simulation::round() {
    Process& process = *process_;
    woken_ = false;
    in_round_ = true;
    ++result_.rounds;
    watchdog_.before_round();
    const auto generation = process.board.spec().generation;
    const RoundResult result = process.reconciler.round({});
    in_round_ = false;
    if (killed_) return;
    watchdog_.note_view(process.board.round());
    watchdog_.after_round(result, process.board.round().get());
    watchdog_.check_conditions(process.board.conditions(), generation);
    const Pace::Pause pause = process.pace.after(
        result, true, process.board.spec().pool->check_interval, world_.clock.monotonic());
    const Duration now = world_.clock.elapsed;
    round_not_before_ = now + pause.quiet;
    round_due_ = woken_ ? round_not_before_ : now + pause.at_most;
    if (tell_) tell_round(result);
}

void Simulation::tell_round(const RoundResult& result) const {
    say(std::string("round: ") + (result.looked ? "" : "look failed ") +
        (result.matches ? "matches" : "differs"));
    const auto view = process_->board.round();
    if (!result.looked || view == nullptr) return;
    for (const auto& step : view->plan.steps) {
        say("  plans " + std::string(to_string(step.action)) + " " + step.engine + ": " +
            std::string(to_string(step.reason)) + " " + step.message);
    }
}

// --- the story --------------------------------------------------------------------------------

SimulationResult Simulation::run() {
    be_disturbed();
    if (!watchdog_.violation()) rest();
    result_.violation = watchdog_.violation();
    if (result_.violation && watchdog_.last_view() != nullptr) {
        result_.as_row = as_row(*watchdog_.last_view());
    }
    return result_;
}

void Simulation::be_disturbed() {
    disturbances_left_ = world_.dice.between(0, 16);
    next_disturbance_ = Duration{world_.dice.between(0, 5'000)};
    Duration at_least{world_.dice.between(1'000, 20'000)};
    if (story_lasts_) {
        disturbances_left_ = 0;
        at_least = *story_lasts_;
    }
    while (!watchdog_.violation() && (disturbances_left_ > 0 || world_.clock.elapsed < at_least)) {
        step();
        if (calls_too_often()) return watchdog_.violated("the calls do not end");
    }
}

// Looks go on for as long as the world does.
bool Simulation::calls_too_often() const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(world_.clock.elapsed);
    return result_.step > most_calls + seconds.count();
}

// L1: it matches within so many rounds, and from then on no call changes anything.
void Simulation::rest() {
    say("the disturbances end");
    world_.come_to_rest();
    notice_edits();
    wake();
    last_change_ = world_.clock.elapsed;
    const int before = result_.rounds;
    while (!watchdog_.violation() && !at_rest()) {
        step();
        const int rounds = result_.rounds - before;
        if (rounds > most_rounds_to_match) {
            return watchdog_.violated("L1: no rest after " + std::to_string(rounds) + " rounds");
        }
        if (calls_too_often()) return watchdog_.violated("the calls do not end");
        if (last_change_ == world_.clock.elapsed) result_.rounds_to_match = rounds;
    }
    if (!watchdog_.violation()) check_outcome();
    // Some worlds go on until failures are forgotten, and the pool counts as stable again.
    const Duration more = world_.dice.one_in(8) ? stable_after : Duration{0};
    for (const Duration end = world_.clock.elapsed + more;
         !watchdog_.violation() && world_.clock.elapsed < end;)
        step();
}

// Nothing changes any more: because all is as declared, or because what is not waits for a user.
bool Simulation::at_rest() {
    if (process_ == nullptr || !fibers_.empty()) return false;
    const auto view = process_->board.round();
    if (view == nullptr) return false;
    const EnginePool& spec = world_.spec();
    const bool matches = view->plan.matches() && !view->plan.wake_at;
    const bool refused = is_refused(spec) && !view->plan.template_refusal.empty();
    if (!matches && places_missing() == 0 && world_.stuck.empty() && !refused) return false;
    // Rule 18: what is still awaited then, a person has to do, and nothing else ends it.
    for (const auto& decision : view->plan.decisions) {
        const bool well = decision.fate == Fate::foreign ||
                          (decision.fate == Fate::keep && decision.ready && !decision.wait.until);
        const bool for_person = !decision.wait.remedy.empty() && !decision.wait.fact;
        if (!well && !for_person) return false;
    }
    const Duration silence =
        45s + std::max({spec.failover_after, spec.reconnect_min_interval,
                        spec.drain.timeout + spec.drain.idle_for,
                        spec.forwarded_port.stable_for + spec.forwarded_port.min_interval});
    return view->at >= world_.clock.now() - spec.check_interval &&
           world_.clock.elapsed >= last_change_ + silence;
}

int Simulation::wanted() const {
    return std::min(world_.spec().replicas, world_.spec().max_active_replicas);
}

// How many of the wanted engines nobody can place, as things are.
int Simulation::places_missing() const {
    return std::max(0, wanted() - world_.places());
}

// As many engines serve as are wanted, of the last template. Where there are too few places, as
// many as there are places, and a condition says that this is not as declared: a user has to act.
// An engine that cannot be removed may be there on top, or of an earlier template. Where Docker
// refuses the last template, engines serve by one that it accepted.
void Simulation::check_outcome() {
    const EnginePool& spec = world_.spec();
    int serving = 0;
    int stuck = 0;
    // Containers that run, serve nobody and cannot be removed: the cap counts them.
    int counted = 0;
    int outdated = 0;
    for (const auto& life : world_.lives()) {
        // One whose port a stranger took unseen replies with the stranger's words.
        serving += world_.serves(life) || life.deaf ? 1 : 0;
        const bool is_stuck = world_.stuck.contains(life.id);
        stuck += is_stuck ? 1 : 0;
        const auto container = world_.docker.find(life.id);
        const bool runs = container && container->state != EngineState::exited &&
                          container->state != EngineState::dead &&
                          container->state != EngineState::created;
        counted += is_stuck && runs && !world_.serves(life) ? 1 : 0;
        const bool by_template = is_refused(spec) || (life.image == spec.engine_template.image &&
                                                      life.edit == edit_of(spec));
        const bool as_declared =
            by_template && life.ports.http == world_.bases_of(life).http + life.slot;
        outdated += as_declared || is_stuck || !has_room(life) ? 0 : 1;
    }
    const int missing = places_missing();
    // Above the cap no engine is replaced.
    const auto engines = static_cast<int>(world_.lives().size());
    const bool above_cap = counted > 0 && engines > wanted();
    if (outdated > 0 && !above_cap) {
        watchdog_.violated("L1: it rests with an engine of an earlier template");
    }
    if (missing == 0 && stuck == 0) {
        for (const auto& gateway : spec.gateways)
            check_forwarded_ports(gateway.container);
    }
    const bool too_few = serving < wanted() - missing - counted;
    const bool too_many = engines > wanted() + stuck;
    const bool others_left = missing == 0 && engines > serving + stuck;
    if (too_few || too_many || others_left) {
        watchdog_.violated("L1: it rests with " + std::to_string(serving) +
                           " engines that serve, of " + std::to_string(engines) + ", and " +
                           std::to_string(wanted()) + " are wanted, for which there are " +
                           std::to_string(world_.places()) + " places");
    }
    if (serving < wanted()) check_wait_is_stated();
}

// Whether an engine could take the place of this one.
bool Simulation::has_room(const EngineLife& life) const {
    const EnginePorts ports = ports_of_slot(world_.bases_of(life), life.slot);
    const auto in_the_way = [&](const EngineLife& other) {
        const auto container = world_.docker.find(other.id);
        const bool is_over = container && (container->state == EngineState::exited ||
                                           container->state == EngineState::dead ||
                                           container->state == EngineState::created);
        return other.slot != life.slot && !(is_over && world_.stuck.contains(other.id)) &&
               (other.ports.contain(ports.http) || other.ports.contain(ports.p2p));
    };
    return life.slot < world_.spec().max_active_replicas && world_.has_place(life.slot) &&
           std::ranges::none_of(world_.lives(), in_the_way);
}

// Ready is False, with a reason that names what is wrong.
void Simulation::check_wait_is_stated() {
    for (const auto& condition : process_->board.conditions()) {
        if (condition.type != "Ready") continue;
        if (condition.status == Truth::no && !condition.message.empty()) return;
    }
    watchdog_.violated("L1: too few engines serve, and no condition says so");
}

// Each engine of a gateway that can have a forwarded port of its own has one.
void Simulation::check_forwarded_ports(const std::string& gateway) {
    if (world_.spec().forwarded_port.assign != PortAssignment::exclusive) return;
    const std::vector<int>& ports = world_.forwarded_ports(gateway);
    const std::string id = world_.docker.find(gateway)->id;
    const auto is_free = [&](int port) { return !world_.held_by_other(id, port, Duration{0}); };
    const auto usable = static_cast<std::size_t>(std::ranges::count_if(ports, is_free));
    std::size_t engines = 0;
    std::set<int> held;
    for (const auto& life : world_.lives()) {
        if (life.gateway_id != id) continue;
        // An engine whose own ports another has by now, or whose HTTP port the gateway does not
        // publish beside others, could not come back in its slot.
        const EnginePorts own = ports_of_slot(world_.bases_of(life), life.slot);
        const bool may_come_back = world_.publishes(gateway, life.slot) && is_free(own.http) &&
                                   is_free(own.https) && is_free(own.api) && is_free(own.p2p);
        engines += may_come_back ? 1 : 0;
        if (std::ranges::find(ports, life.ports.p2p) != ports.end()) held.insert(life.ports.p2p);
    }
    if (held.size() >= std::min(engines, usable)) return;
    watchdog_.violated("L1: it rests with " + std::to_string(held.size()) + " of " +
                       std::to_string(usable) + " forwarded ports held");
}

}  // namespace roundhouse::test
