// The world side of the fake: containers, images and networks, and what other people do to them.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "fakes/fake_runtime.h"

namespace roundhouse {

namespace {

constexpr std::string_view joiner_prefix = "container:";
constexpr std::chrono::seconds patience{10};  // no test waits longer for another thread

// A well-mixed 64-bit number for each n (splitmix64), so that ids look like Docker's.
std::uint64_t scramble(std::uint64_t n) {
    n += 0x9e3779b97f4a7c15U;
    n = (n ^ (n >> 30U)) * 0xbf58476d1ce4e5b9U;
    n = (n ^ (n >> 27U)) * 0x94d049bb133111ebU;
    return n ^ (n >> 31U);
}

std::string make_id(std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string id;
    for (std::uint64_t word = 0; word < 4; ++word) {
        std::uint64_t bits = scramble(number * 4 + word);
        for (int i = 0; i < 16; ++i, bits >>= 4U)
            id += digits[bits & 15U];
    }
    return id;
}

std::size_t index_of(Operation operation) {
    return static_cast<std::size_t>(operation);
}

}  // namespace

FakeRuntime::FakeRuntime()
    : now_(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}),
      networks_{"", "default", "bridge", "host", "none"} {}

// --- the rules --------------------------------------------------------------------------------

const FakeContainer* FakeRuntime::look_up(const std::string& name_or_id) const {
    const auto found = std::find_if(containers_.begin(), containers_.end(), [&](const auto& one) {
        return one.name == name_or_id || one.id == name_or_id;
    });
    return found == containers_.end() ? nullptr : &*found;
}

FakeContainer* FakeRuntime::look_up(const std::string& name_or_id) {
    return const_cast<FakeContainer*>(std::as_const(*this).look_up(name_or_id));
}

FakeContainer& FakeRuntime::known(const std::string& name) {
    FakeContainer* container = look_up(name);
    if (container == nullptr) throw std::logic_error("the fake world has no container " + name);
    return *container;
}

const FakeContainer* FakeRuntime::donor_of(const FakeContainer& container) const {
    if (!container.network_mode.starts_with(joiner_prefix)) return nullptr;
    return look_up(container.network_mode.substr(joiner_prefix.size()));
}

FakeImage FakeRuntime::behaviour_of(const FakeContainer& container) const {
    const auto found = images_.find(container.image);
    return found == images_.end() ? FakeImage{} : found->second;
}

std::string FakeRuntime::next_timestamp() {
    const auto in_second = now_ - std::chrono::floor<std::chrono::seconds>(now_);
    const auto milliseconds = static_cast<std::uint64_t>(in_second.count());
    const std::uint64_t nanoseconds = milliseconds * 1'000'000 + ++ticks_ % 1'000'000;
    std::array<char, 16> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%09uZ", static_cast<unsigned>(nanoseconds));
    std::string text = format_time(now_);
    text.replace(text.size() - 1, 1, fraction.data());
    return text;
}

FakeContainer& FakeRuntime::add(FakeContainer container) {
    container.id = make_id(++ticks_);
    container.created_at = std::chrono::floor<std::chrono::seconds>(now_);  // as Docker lists it
    if (const FakeContainer* donor = donor_of(container)) {
        container.network_mode = std::string(joiner_prefix) + donor->id;
    }
    containers_.push_back(std::move(container));
    tell(containers_.back(), "create");
    return containers_.back();
}

Result<void> FakeRuntime::boot(FakeContainer& container) {
    if (container.state == EngineState::running) return {};
    if (container.state != EngineState::created && container.state != EngineState::exited) {
        return Fault{FaultKind::conflict,
                     "docker: start " + container.name + ": it is paused, dead or being removed"};
    }
    if (auto obstacle = start_obstacle(container)) {
        container.end.exit_code = 128;
        container.end.start_error = obstacle->message;
        obstacle->message = "docker: start " + container.name + ": " + obstacle->message;
        return *obstacle;
    }
    const FakeContainer* donor = donor_of(container);
    container.joined_life = donor == nullptr ? "" : donor->started_at;
    if (donor == nullptr && container.network_mode != "none") {
        const bool host = container.network_mode == "host";
        const std::uint64_t number = ++ticks_;
        container.address = host ? "127.0.0.1"
                                 : "172.30." + std::to_string(number / 250 % 250) + "." +
                                       std::to_string(number % 250 + 2);
    }
    container.started_at = next_timestamp();
    container.pid = static_cast<std::int64_t>(ticks_);
    container.state = EngineState::running;
    container.end = {};
    if (container.health != GatewayContainer::Health::none) {
        container.health = GatewayContainer::Health::starting;
    }
    tell(container, "start");
    const auto exits_with = behaviour_of(container).exits_with;
    if (exits_with) halt(container, *exits_with);
    return {};
}

void FakeRuntime::halt(FakeContainer& container, int exit_code) {
    container.state = EngineState::exited;
    container.end = {};
    container.end.exit_code = exit_code;
    container.end.finished_at = now_;
    container.address.clear();
    tell(container, "die");
}

void FakeRuntime::erase(const std::string& id) {
    const auto found = std::find_if(containers_.begin(), containers_.end(),
                                    [&](const auto& one) { return one.id == id; });
    tell(*found, "destroy");
    containers_.erase(found);
}

void FakeRuntime::tell(const FakeContainer& container, const std::string& action) {
    const RuntimeEvent event{action, container.name, container.id, container.labels};
    if (on_event_ && available_) on_event_(event);
    for (auto& follower : followers_)
        follower.waiting.push_back(event);
    changed_.notify_all();
}

// --- looking at it ----------------------------------------------------------------------------

std::vector<FakeContainer> FakeRuntime::containers() const {
    const std::lock_guard lock(mutex_);
    return {containers_.begin(), containers_.end()};
}

std::optional<FakeContainer> FakeRuntime::find(const std::string& name_or_id) const {
    const std::lock_guard lock(mutex_);
    const FakeContainer* container = look_up(name_or_id);
    return container == nullptr ? std::nullopt : std::optional(*container);
}

void FakeRuntime::visit(const std::function<void(const FakeContainer&)>& look) const {
    const std::lock_guard lock(mutex_);
    for (const auto& container : containers_)
        look(container);
}

bool FakeRuntime::has_network(const std::string& name_or_id) const {
    const std::lock_guard lock(mutex_);
    const FakeContainer* container = look_up(name_or_id);
    if (container == nullptr || container->state != EngineState::running) return false;
    if (!container->network_mode.starts_with(joiner_prefix)) return true;
    const FakeContainer* donor = donor_of(*container);
    return donor != nullptr && donor->state == EngineState::running &&
           donor->started_at == container->joined_life;
}

// --- what other people do ---------------------------------------------------------------------

void FakeRuntime::set_time(Time now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
}

void FakeRuntime::add_image(const std::string& image, FakeImage behaviour) {
    const std::lock_guard lock(mutex_);
    images_[image] = std::move(behaviour);
}

void FakeRuntime::offer_image(const std::string& image, FakeImage behaviour) {
    const std::lock_guard lock(mutex_);
    registry_[image] = std::move(behaviour);
}

void FakeRuntime::remove_image(const std::string& image) {
    const std::lock_guard lock(mutex_);
    images_.erase(image);
}

void FakeRuntime::set_create_warnings(std::vector<std::string> warnings) {
    const std::lock_guard lock(mutex_);
    warnings_ = std::move(warnings);
}

void FakeRuntime::add_network(const std::string& network) {
    const std::lock_guard lock(mutex_);
    networks_.insert(network);
}

void FakeRuntime::set_runtime(RuntimeView runtime) {
    const std::lock_guard lock(mutex_);
    runtime_ = std::move(runtime);
}

bool FakeRuntime::is_pinned(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const FakeContainer* donor = look_up(name);
    return runtime_.pins_gateways && donor != nullptr &&
           std::ranges::any_of(containers_,
                               [&](const auto& other) { return donor_of(other) == donor; });
}

std::string FakeRuntime::run_container(FakeContainer wanted) {
    const std::lock_guard lock(mutex_);
    if (look_up(wanted.name) != nullptr) {
        throw std::logic_error("the fake world already has a container " + wanted.name);
    }
    const auto health = wanted.health;
    wanted.state = EngineState::created;
    FakeContainer& container = add(std::move(wanted));
    const auto started = boot(container);
    if (!started) throw std::logic_error(started.fault().message);
    container.health = health;
    return container.id;
}

std::string FakeRuntime::run_gateway(const std::string& name, std::set<int> published_tcp_ports) {
    FakeContainer gateway;
    gateway.name = name;
    gateway.image = "gateway";
    gateway.network_mode = "bridge";
    gateway.published_tcp_ports = std::move(published_tcp_ports);
    return run_container(std::move(gateway));
}

void FakeRuntime::start_container(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto started = boot(known(name));
    if (!started) throw std::logic_error(started.fault().message);
}

void FakeRuntime::stop_container(const std::string& name) {
    kill_container(name, 0);
}

void FakeRuntime::restart_container(const std::string& name) {
    stop_container(name);
    start_container(name);
}

std::string FakeRuntime::recreate_container(const std::string& name) {
    auto wanted = find(name);
    remove_container(name);
    return run_container(std::move(*wanted));
}

void FakeRuntime::kill_container(const std::string& name, int exit_code) {
    const std::lock_guard lock(mutex_);
    halt(known(name), exit_code);
}

void FakeRuntime::remove_container(const std::string& name) {
    if (is_pinned(name)) throw std::logic_error("others joined the namespace of " + name);
    const std::lock_guard lock(mutex_);
    FakeContainer& container = known(name);
    if (container.state == EngineState::running) halt(container, 137);
    erase(container.id);
}

void FakeRuntime::rename_container(const std::string& name, const std::string& new_name) {
    const std::lock_guard lock(mutex_);
    if (look_up(new_name) != nullptr) throw std::logic_error("the name is taken: " + new_name);
    FakeContainer& container = known(name);
    container.name = new_name;
    tell(container, "rename");
}

void FakeRuntime::set_state(const std::string& name, EngineState state) {
    const std::lock_guard lock(mutex_);
    FakeContainer& container = known(name);
    const bool paused = container.state == EngineState::paused;
    container.state = state;
    if (paused != (state == EngineState::paused)) tell(container, paused ? "unpause" : "pause");
}

void FakeRuntime::set_health(const std::string& name, GatewayContainer::Health health) {
    const std::lock_guard lock(mutex_);
    FakeContainer& container = known(name);
    container.health = health;
    const bool well = health == GatewayContainer::Health::healthy;
    tell(container, well ? "health_status: healthy" : "health_status: unhealthy");
}

void FakeRuntime::ask_for_port(const std::string& name) {
    const std::lock_guard lock(mutex_);
    known(name).asks_for_port = true;
}

void FakeRuntime::set_event_listener(std::function<void(const RuntimeEvent&)> on_event) {
    const std::lock_guard lock(mutex_);
    on_event_ = std::move(on_event);
}

// --- mishaps, holding, the log ----------------------------------------------------------------

void FakeRuntime::fail_next(Operation operation, Mishap mishap, int times) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < times; ++i)
        mishaps_[index_of(operation)].push_back(mishap);
}

void FakeRuntime::set_mishap_source(std::function<std::optional<Mishap>(const FakeCall&)> source) {
    const std::lock_guard lock(mutex_);
    mishap_source_ = std::move(source);
}

void FakeRuntime::set_available(bool available) {
    const std::lock_guard lock(mutex_);
    available_ = available;
    if (!available) {
        for (auto& follower : followers_)
            follower.broken = true;
    }
    changed_.notify_all();
}

void FakeRuntime::hold(Operation operation) {
    const std::lock_guard lock(mutex_);
    held_[index_of(operation)] = true;
}

void FakeRuntime::release(Operation operation) {
    const std::lock_guard lock(mutex_);
    held_[index_of(operation)] = false;
    changed_.notify_all();
}

bool FakeRuntime::wait_until_held(Operation operation, int calls) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience,
                             [&] { return waiting_[index_of(operation)] >= calls; });
}

bool FakeRuntime::wait_until_followed(int streams) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience,
                             [&] { return static_cast<int>(followers_.size()) >= streams; });
}

std::vector<FakeCall> FakeRuntime::calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

std::vector<FakeCall> FakeRuntime::changing_calls() const {
    std::vector<FakeCall> changing;
    for (auto& call : calls()) {
        if (call.changes_something()) changing.push_back(std::move(call));
    }
    return changing;
}

void FakeRuntime::clear_calls() {
    const std::lock_guard lock(mutex_);
    calls_.clear();
}

}  // namespace roundhouse
