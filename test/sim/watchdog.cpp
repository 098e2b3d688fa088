#include "sim/watchdog.h"

#include <algorithm>
#include <array>

#include "core/backoff.h"
#include "core/names.h"
#include "core/numbers.h"
#include "fakes/plan_rules.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;

std::string label_of(const KeyValues& labels, std::string_view key) {
    const auto found = std::ranges::find(labels, key, &KeyValues::value_type::first);
    return found == labels.end() ? "" : found->second;
}

int slot_of(const EngineRequest& request) {
    return parse_number(label_of(request.labels, label::slot)).value_or(-1);
}

// Reasons to take away an engine that serves, whatever is known of it.
constexpr std::array by_choice = {
    Reason::surplus,
    Reason::slot_out_of_range,
    Reason::template_changed,
    Reason::gateway_reconnected,
    Reason::forwarded_port_changed,
    Reason::rebalanced,
    Reason::gateway_undeclared,
    Reason::gateway_not_ready,
    Reason::duplicate_slot,
    Reason::outside_gateway,
    Reason::unreadable_labels,
    Reason::port_conflict,
};

// Reasons that hold only of an engine that did not serve for a while.
constexpr std::array by_probe = {Reason::probe_failed, Reason::startup_timed_out,
                                 Reason::p2p_port_closed};

}  // namespace

void Watchdog::violated(const std::string& what) {
    if (violation_) return;
    violation_ = what;
    world_.tell("VIOLATION: " + what);
}

// An edit is followed by later steps; those under way were planned for the spec before it.
int Watchdog::cap() const {
    int most = 0;
    for (const auto* spec : world_.recent_specs())
        most = std::max(most, std::min(spec->replicas, spec->max_active_replicas));
    return most;
}

void Watchdog::before_create(const EngineRequest& request) {
    if (world_.removed_by_others.erase(slot_of(request)) > 0) count_is_lost(slot_of(request));
    const std::string joiner = "container:";
    const std::string id =
        request.network_mode.substr(request.network_mode.starts_with(joiner) ? joiner.size() : 0);
    if (!world_.gateway_names().empty() && !world_.was_gateway(id)) {
        violated("A5: " + request.name + " is created with network mode '" + request.network_mode +
                 "', outside every gateway");
    }
    const auto unhealthy = world_.unhealthy_gateways.find(id);
    const auto gateway = world_.docker.find(id);
    // A step that was begun before may take its time.
    if (unhealthy != world_.unhealthy_gateways.end() && gateway &&
        gateway->health == GatewayContainer::Health::unhealthy &&
        world_.clock.elapsed - unhealthy->second > 45s) {
        violated(request.name + " is created behind a gateway that has long been unhealthy");
    }
    check_backoff(request);
    check_ports_are_free(request);
    check_helps("an engine in slot " + std::to_string(slot_of(request)) + " is created",
                create_times_[slot_of(request)]);
}

// Row 3: whoever listens in a namespace, the port is taken. Steps take their time, and what comes
// meanwhile is not seen.
void Watchdog::check_ports_are_free(const EngineRequest& request) {
    const std::string joiner = "container:";
    if (!request.network_mode.starts_with(joiner)) return;
    const std::string id = request.network_mode.substr(joiner.size());
    const int port = parse_number(label_of(request.labels, label::http_port)).value_or(0);
    // Nor what is out of reach.
    if (world_.in_reach_for() < 40s || !world_.held_by_other(id, port, 40s)) return;
    // Nor a stranger behind an engine of ours that runs and did not get its port.
    const bool listed = std::ranges::any_of(world_.others(), [&](const Other& other) {
        return other.labelled && other.gateway_id == id && other.bound.contains(port);
    });
    if (!listed && mistaken_.contains(slot_of(request))) return;
    violated("row 3: " + request.name + " is created on port " + std::to_string(port) +
             ", on which another container listens");
}

// Steps that succeed and do not help are repeated with a backoff, like those that fail: at once,
// and after 1 s, 2 s, 4 s, 8 s, 16 s and 32 s. That makes seven in the first minute.
void Watchdog::check_helps(const std::string& what, std::vector<Duration>& times) {
    if (disturbances_ != world_.disturbances_so_far()) {
        disturbances_ = world_.disturbances_so_far();
        create_times_.clear();
        pull_times_.clear();
        return;
    }
    times.push_back(world_.clock.elapsed);
    std::erase_if(times, [&](Duration at) { return at + 60s < world_.clock.elapsed; });
    constexpr std::size_t most = 9;
    if (times.size() > most) {
        violated("point 5: " + what + " " + std::to_string(times.size()) + " times in a minute");
    }
}

// Backoff as it is promised: at once, then after 1 s, 2 s, 4 s ... 5 min.
void Watchdog::check_again(const Failures& failures, const std::string& what) {
    if (world_.disturbances.contains(Disturbance::clock_set)) return;
    // Docker's timestamps of creation are whole seconds.
    if (world_.clock.elapsed - failures.last + 1s < backoff_after(failures.in_a_row)) {
        violated("A6: " + what + " again before the backoff of failure " +
                 std::to_string(failures.in_a_row) + " is over");
    }
}

void Watchdog::check_backoff(const EngineRequest& request) {
    const int slot = slot_of(request);
    // Where somebody else removed the engine, its count of failures went with it.
    const auto ended = ends_.find(slot);
    if (ended != ends_.end() && ended->second.followed_up) {
        ends_.erase(ended);
    } else if (ended != ends_.end()) {
        check_again(ended->second, request.name + " is created");
    }
    const auto failed = creates_.find(slot);
    const bool same = failed != creates_.end() &&
                      failed->second.of == label_of(request.labels, label::template_hash);
    if (!same) return;
    // The first failure of a call is waited for, too.
    Failures failures = failed->second;
    ++failures.in_a_row;
    check_again(failures, "a create of " + request.name + " that failed is asked for");
}

void Watchdog::create_ended(const EngineRequest& request, bool well) {
    const int slot = slot_of(request);
    if (well) {
        creates_.erase(slot);
        return;
    }
    count_is_lost(slot);
    // A changed template is a fresh start.
    const std::string hash = label_of(request.labels, label::template_hash);
    Failures& failures = creates_[slot];
    if (failures.of != hash) failures = {};
    failures.of = hash;
    ++failures.in_a_row;
    failures.last = world_.clock.elapsed;
}

void Watchdog::pull_begins(const std::string& image) {
    check_helps(image + " is pulled", pull_times_);
    if (!pulling_.insert(image).second) violated("two pulls of " + image + " at the same time");
    // What failed before is forgotten with a pull of another image.
    std::erase_if(pulls_, [&](const auto& entry) { return entry.first != image; });
    const auto failed = pulls_.find(image);
    if (failed == pulls_.end()) return;
    Failures failures = failed->second;
    ++failures.in_a_row;
    check_again(failures, "a pull of " + image + " that failed is asked for");
}

void Watchdog::pull_ends(const std::string& image, bool well) {
    pulling_.erase(image);
    if (well) {
        pulls_.erase(image);
        return;
    }
    Failures& failures = pulls_[image];
    ++failures.in_a_row;
    failures.last = world_.clock.elapsed;
}

void Watchdog::controller_started() {
    creates_.clear();
    pulls_.clear();
    pulling_.clear();
    ends_told_.clear();
    hanging_starts_.clear();
    gateways_.clear();
    strangers_.clear();
    failed_at_.clear();
    process_began_ = world_.clock.elapsed;
    drains_.process_began();
    create_times_.clear();
    pull_times_.clear();
}

void Watchdog::after_create(const EngineRequest& request, const std::string& id) {
    ++creates_in_[slot_of(request)];
    world_.engine_created(request, id);
    const auto ended = ends_.find(slot_of(request));
    if (ended != ends_.end()) ended->second.followed_up = true;
    check_cap(request.name, slot_of(request));
}

// Whether somebody else created it after the look for which the step in that slot was planned: who
// planned the step cannot have known.
bool Watchdog::came_unseen(const EngineLife& life, int slot) const {
    const auto looked = looked_for_.find(slot);
    // The list may lag.
    return life.by_others && looked != looked_for_.end() &&
           life.created_at + 500ms >= looked->second;
}

void Watchdog::check_cap(const std::string& name, int slot) {
    int alive = 0;
    world_.docker.visit([&](const FakeContainer& each) {
        // One that was never started and is to be removed never runs, even if that fails.
        const auto planned = planned_.find(each.id);
        const bool leaves = planned != planned_.end() && planned->second.action != Action::start;
        const bool never_runs = each.state == EngineState::created && leaves &&
                                (world_.calm || !hanging_starts_.contains(each.id));
        const bool over =
            each.state == EngineState::exited || each.state == EngineState::dead || never_runs;
        const EngineLife* life = world_.life(each.id);
        const bool unseen = life != nullptr && came_unseen(*life, slot);
        alive += world_.is_ours(each.id) && !over && !unseen ? 1 : 0;
    });
    if (alive > cap()) {
        violated("A4: with " + name + " there are " + std::to_string(alive) + " engines, and " +
                 std::to_string(cap()) + " are allowed");
    }
}

void Watchdog::before_change(Operation operation, const std::string& id) {
    if (!world_.is_ours(id)) {
        violated("A1: a call that changes container " + id + ", which is not ours");
        return;
    }
    const EngineLife* life = world_.life(id);
    if (life == nullptr) return;
    if (operation == Operation::start) {
        if (hanging_starts_.contains(id) && !world_.calm) {
            violated("row 19: a second start of an engine, while Docker is busy with the first");
        }
        // Created after all, though a reply may have been lost: it tells of its failures itself.
        creates_.erase(life->slot);
        return;
    }
    note_end(*life);
    if (operation == Operation::remove) creates_.erase(life->slot);  // created after all
    // Above the cap it goes without a successor, and its count of failures with it.
    const auto planned = planned_.find(id);
    const bool for_good = planned != planned_.end() && planned->second.action == Action::remove;
    if (operation == Operation::remove) check_p2p_replacements(*life);
    if (operation == Operation::remove && for_good) count_is_lost(life->slot);
    check_justified(operation, *life);
}

// Row 9: where an image never listens on that port, more engines do not help.
void Watchdog::check_p2p_replacements(const EngineLife& life) {
    const auto planned = planned_.find(life.id);
    const bool for_that =
        planned != planned_.end() && planned->second.reason == Reason::p2p_port_closed;
    if (world_.stuck.contains(life.id)) return;
    // Behind another gateway or of another template it is another try.
    if (!for_that) {
        p2p_replacements_.erase(life.slot);
        return;
    }
    auto& times = p2p_replacements_[life.slot];
    times.push_back(world_.clock.elapsed);
    std::erase_if(times, [&](Duration at) { return at + 1h < world_.clock.elapsed; });
    if (times.size() > 6) {
        violated("row 9: slot " + std::to_string(life.slot) +
                 " is replaced again and again for a P2P port that never opens");
    }
}

// Of engines that end by themselves soon after they began, one after another. Another gateway or
// template is a fresh start, without backoff.
void Watchdog::note_end(const EngineLife& life) {
    const auto planned = planned_.find(life.id);
    const bool for_that = planned != planned_.end() && planned->second.reason == Reason::exited;
    if (!for_that || !life.ended_by_itself) {
        ends_.erase(life.slot);
        return;
    }
    Failures& failures = ends_[life.slot];
    if (failures.last == *life.ended_by_itself) return;  // a second call for the same engine
    ++failures.in_a_row;
    failures.last = *life.ended_by_itself;
    failures.followed_up = false;
}

// Partial knowledge never removes an engine: whoever serves goes for a reason that holds.
void Watchdog::check_justified(Operation operation, const EngineLife& life) {
    if (!world_.serves(life) || operation == Operation::start) return;
    const auto planned = planned_.find(life.id);
    const std::string engine = "an engine that serves (slot " + std::to_string(life.slot) + ")";
    if (planned == planned_.end())
        return violated("A7: " + engine + " is taken away without a plan");
    if (!planned->second.served) return;  // not then, and steps take their time
    const Reason reason = planned->second.reason;
    if (std::ranges::find(by_choice, reason) != by_choice.end() && is_possible(reason)) return;
    // Between its creation and its start the gateway was restarted: nothing of it tells that it
    // joined the new network.
    const auto gateway = world_.docker.find(life.gateway_id);
    if (reason == Reason::gateway_restarted && gateway && gateway->started_at != life.made_for) {
        return;
    }
    // A gateway that was renamed, and that the spec does not name, is not found by its old name.
    const bool renamed = gateway && world_.disturbances.contains(Disturbance::gateway_renamed);
    if (reason == Reason::gateway_gone && renamed) return;
    const bool blamed = std::ranges::find(by_probe, reason) != by_probe.end();
    if (blamed && life.blemished) return;
    violated("A2: " + engine + " is taken away for " + std::string(to_string(reason)) +
             ", which is not so");
}

// Whether anything happens in this world that can be the cause.
bool Watchdog::is_possible(Reason reason) const {
    const auto any_of = [&](std::initializer_list<Disturbance> causes) {
        return std::ranges::any_of(
            causes, [&](Disturbance each) { return world_.disturbances.contains(each); });
    };
    switch (reason) {
        case Reason::template_changed:
            return any_of({Disturbance::spec_edited, Disturbance::template_refused,
                           Disturbance::labels_broken, Disturbance::create_in_vain});
        case Reason::gateway_undeclared:
            return any_of({Disturbance::spec_edited, Disturbance::gateway_renamed});
        case Reason::gateway_reconnected:
            return any_of({Disturbance::vpn_lost, Disturbance::vpn_back_in_parts,
                           Disturbance::vpn_blinks, Disturbance::ip_flaps,
                           Disturbance::gateway_unhealthy, Disturbance::health_flaps});
        case Reason::outside_gateway: return any_of({Disturbance::create_in_vain});
        default: return true;
    }
}

void Watchdog::after_start(const std::string& id) {
    world_.engine_started(id);
    const EngineLife* started = world_.life(id);
    if (started == nullptr) return;
    for (const auto& other : world_.lives()) {
        if (other.id == id || !world_.docker.has_network(other.id)) continue;
        if (came_unseen(other, started->slot)) continue;
        // Its gateway was restarted before it was started: nothing tells that it joined in time.
        const auto gateway = world_.docker.find(other.gateway_id);
        if (gateway && gateway->started_at != other.made_for && other.slot != started->slot)
            continue;
        if (other.slot == started->slot) violated("A3: a second engine runs in a slot");
        const bool same_namespace =
            !other.gateway_id.empty() && other.gateway_id == started->gateway_id;
        if (same_namespace && other.ports.http == started->ports.http) {
            violated("A3: two engines of one namespace want the same HTTP port");
        }
    }
}

}  // namespace roundhouse::test
