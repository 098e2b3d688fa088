#include "loop/gateway_reader.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>
#include <utility>

namespace roundhouse {

namespace {

// A container may be on any number of networks.
constexpr std::size_t most_addresses = 8;
// With some time for the threads.
constexpr std::chrono::seconds longest_question{3};

// From then on an answer does not count any more. A question takes up to 2 s, however short the
// check interval is.
Duration oldest_answer(const EnginePool& pool) {
    return std::max<Duration>(2 * pool.check_interval, std::chrono::seconds(10));
}

// How long after an announced change to ask again. The first catches a VPN that is back within a
// second; the others are for a busy machine.
constexpr std::array<Duration, 3> looks_at_a_change{Duration{300}, Duration{1000}, Duration{2500}};
constexpr std::chrono::seconds least_between_changes{1};

// Between two questions to a gateway that starts.
constexpr Duration while_it_starts{400};

// A paused gateway, which does not count as running, takes connections and never answers.
bool can_be_asked(const GatewaySighting& gateway) {
    return gateway.declared && gateway.container && gateway.container->running;
}

bool is_answer(const GatewayReading& reading) {
    return reading.forwarded_ports.kind != PortsAnswerKind::unreachable ||
           reading.vpn_status != VpnStatus::unknown || reading.public_ip;
}

}  // namespace

struct GatewayReader::Shared {
    std::mutex mutex;  // guards what changes after the questions were put
    std::function<void()> on_late_answer;
    bool ages_forgotten = false;
    std::optional<Monotonic> expected_at;  // the last announcement that counted
    std::vector<Monotonic> looks_due;      // the earliest first

    // Takes away those that are due, and returns whether there were any. The caller holds the lock.
    bool take_due_looks(Monotonic now) {
        const auto later = std::ranges::upper_bound(looks_due, now);
        const bool is_due = later != looks_due.begin();
        looks_due.erase(looks_due.begin(), later);
        return is_due;
    }
};

// One question, put at each of the addresses.
struct GatewayReader::Question {
    GatewaySpec spec;
    GatewayContainer container;
    std::vector<std::string> addresses;
    Monotonic asked_at{};
    std::optional<GatewayReading> before;  // what counts until it is answered; nullopt: nothing

    std::vector<GatewayReading> readings;  // by address
    std::size_t left = 0;                  // addresses without a reading yet
    Monotonic ended_at{};
    bool awaited = true;
    bool ask_again = false;  // once it is answered: another look was due

    bool same_server(const Question& other) const {
        return container.id == other.container.id &&
               container.started_at == other.container.started_at &&
               spec.control_server == other.spec.control_server;
    }
    bool same_subject(const Question& other) const {
        return same_server(other) && container.health == other.container.health &&
               container.addresses == other.container.addresses;
    }
    bool took_long() const { return left > 0 || ended_at - asked_at > usual_patience; }

    // The one address that answered; nullopt: none.
    std::optional<std::size_t> answering() const {
        const auto found = std::ranges::find_if(readings, is_answer);
        if (found == readings.end()) return std::nullopt;
        return static_cast<std::size_t>(found - readings.begin());
    }
    // Where none answered: the one that says most. What is wrong with an address in a network of
    // our own is worth more than that others are in none.
    const GatewayReading& nearest() const {
        const auto found = std::ranges::find_if(readings, &GatewayReading::is_on_its_network);
        return found == readings.end() ? readings.front() : *found;
    }
    GatewayReading whole() const;
};

GatewayReading GatewayReader::Question::whole() const {
    const auto at = answering();
    GatewayReading reading = at ? readings[*at] : nearest();
    // The ports' answer reports a key that is not accepted already.
    const PortsAnswerKind kind = reading.forwarded_ports.kind;
    const bool refused =
        kind == PortsAnswerKind::unauthorized || kind == PortsAnswerKind::lacks_route;
    if (refused) reading.vpn_detail.clear();
    if (at || addresses.size() < 2) return reading;
    std::string& detail = reading.forwarded_ports.detail;
    detail += "; it was asked in vain at";
    for (std::size_t i = 0; i < addresses.size(); ++i)
        detail += (i == 0 ? " " : ", ") + addresses[i];
    return reading;
}

struct GatewayReader::Known {
    std::string address;                    // where it answered last, or an engine did
    bool answers = false;                   // when it was last asked
    std::shared_ptr<Question> asked;        // last
    bool taken_in = false;                  // what that one was answered
    std::optional<GatewayReading> reading;  // the last whole one of this incarnation
    Monotonic read_at{};
    bool was_late = false;
};

GatewayReader::GatewayReader(GatewayApi& api, Workers& workers, const Clock& clock,
                             std::function<void()> on_late_answer)
    : api_(api), workers_(workers), clock_(clock), shared_(std::make_shared<Shared>()) {
    shared_->on_late_answer = std::move(on_late_answer);
}

GatewayReader::~GatewayReader() = default;

void GatewayReader::forget_ages() {
    const std::lock_guard lock(shared_->mutex);
    shared_->ages_forgotten = true;
}

void GatewayReader::expect_change() {
    const Monotonic now = clock_.monotonic();
    const std::lock_guard lock(shared_->mutex);
    shared_->ages_forgotten = true;
    // Announcements in quick succession do not add up.
    if (shared_->expected_at && now - *shared_->expected_at < least_between_changes) return;
    shared_->expected_at = now;
    shared_->looks_due.clear();
    for (const Duration later : looks_at_a_change)
        shared_->looks_due.push_back(now + later);
}

std::optional<Duration> GatewayReader::next_look_in() const {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->looks_due.empty()) return std::nullopt;
    return std::max(shared_->looks_due.front() - clock_.monotonic(), Duration{0});
}

void GatewayReader::read(const EnginePool& pool, std::vector<GatewaySighting>& gateways,
                         Duration patience) {
    std::erase_if(known_, [&](const auto& entry) {
        return std::ranges::find(gateways, entry.first, &GatewaySighting::name) == gateways.end();
    });
    for (auto& gateway : gateways) {
        if (!gateway.container) continue;
        const std::vector<std::string>& addresses = gateway.container->addresses;
        if (!addresses.empty()) gateway.address = addresses.front();
        const auto known = known_.find(gateway.name);
        const bool is_there =
            known != known_.end() && std::ranges::count(addresses, known->second.address) > 0;
        if (is_there) gateway.address = known->second.address;
    }
    ask(pool, gateways, patience);
    for (auto& gateway : gateways) {
        if (can_be_asked(gateway)) fill_in(pool, gateway);
    }
}

void GatewayReader::ask(const EnginePool& pool, std::vector<GatewaySighting>& gateways,
                        Duration patience) {
    std::vector<Job> awaited;
    std::vector<Job> others;
    std::unique_lock lock(shared_->mutex);
    const bool ages_forgotten = std::exchange(shared_->ages_forgotten, false);
    const bool look_is_due = shared_->take_due_looks(clock_.monotonic());
    for (const auto& gateway : gateways) {
        const auto spec = std::ranges::find(pool.gateways, gateway.name, &GatewaySpec::container);
        if (spec == pool.gateways.end() || !can_be_asked(gateway)) continue;
        auto question = std::make_shared<Question>();
        question->spec = *spec;
        question->container = *gateway.container;
        question->addresses = addresses_to_ask(*spec, gateway);
        question->asked_at = clock_.monotonic();
        Known& known = known_[gateway.name];
        if (known.asked && !known.asked->same_server(*question)) {
            known.reading.reset();
            known.asked.reset();
            known.was_late = false;
        }
        if (known.asked && known.asked->left == 0 && !known.taken_in) take_in(known, *known.asked);
        const bool is_changed =
            ages_forgotten || !known.asked || !known.asked->same_subject(*question);
        if (look_is_due && known.asked) known.asked->ask_again = true;
        if (!is_changed && !is_due(known, *question, pool.check_interval)) continue;
        const bool is_wanted = is_changed || known.asked->ask_again;
        const bool lasts =
            question->asked_at + longest_question - known.read_at <= oldest_answer(pool);
        if (lasts) question->before = known.reading;
        question->left = question->addresses.size();
        question->readings.resize(question->left);
        // A round that somebody else's event has started goes by the answer that is there.
        const bool is_old = !known.reading || is_wanted ||
                            question->asked_at - known.read_at >= pool.check_interval;
        question->awaited = (is_old && !known.was_late) || patience >= full_patience;
        known.asked = question;
        known.taken_in = false;
        for (std::size_t i = 0; i < question->addresses.size(); ++i) {
            auto job = [&api = api_, &clock = clock_, shared = shared_, question, i] {
                GatewayReading reading = api.read(question->spec, question->addresses[i]);
                const std::lock_guard guard(shared->mutex);
                question->readings[i] = std::move(reading);
                if (--question->left > 0) return;
                question->ended_at = clock.monotonic();
                const bool is_news = !question->before || question->whole() != *question->before;
                const bool wakes = is_news || question->ask_again;
                if (!question->awaited && wakes) shared->on_late_answer();
            };
            (question->awaited ? awaited : others).emplace_back(std::move(job));
        }
    }
    lock.unlock();
    workers_.do_all_within(std::move(others), Duration{0});
    workers_.do_all_within(std::move(awaited), patience);
}

bool GatewayReader::is_due(const Known& known, const Question& question, Duration check_interval) {
    if (known.asked->left > 0) return false;
    if (known.asked->ask_again) return true;
    const bool starts = question.container.health == GatewayContainer::Health::starting ||
                        (known.reading && known.reading->vpn_status == VpnStatus::starting);
    const Duration pause =
        starts ? std::min(check_interval / 2, while_it_starts) : check_interval / 2;
    return question.asked_at - known.asked->asked_at >= pause;
}

void GatewayReader::fill_in(const EnginePool& pool, GatewaySighting& gateway) {
    const auto found = known_.find(gateway.name);
    if (found == known_.end() || !found->second.asked) return;
    Known& known = found->second;
    const std::lock_guard lock(shared_->mutex);
    Question& asked = *known.asked;
    asked.awaited = false;
    if (asked.left == 0 && !known.taken_in) take_in(known, asked);
    if (asked.left > 0) known.was_late = true;
    const std::string& own = asked.spec.control_server.address;
    if (own.empty() && known.answers) gateway.address = known.address;
    const Duration age = clock_.monotonic() - known.read_at;
    gateway.reading_awaited = !known.reading || age > oldest_answer(pool);
    if (gateway.reading_awaited) return;
    gateway.reading = *known.reading;
    gateway.reading_age = age;
}

// The caller holds the lock.
void GatewayReader::take_in(Known& known, const Question& question) {
    known.taken_in = true;
    known.read_at = question.asked_at;
    known.was_late = question.took_long();
    if (question.addresses.empty()) {
        known.reading = GatewayReading{};
        known.reading->forwarded_ports.detail = "Docker knows no address of " +
                                                question.spec.container +
                                                ": name one as controlServer.address";
        return;
    }
    known.reading = question.whole();
    const auto at = question.answering();
    known.answers = at.has_value();
    const bool is_own = question.spec.control_server.address.empty();
    if (at && is_own) known.address = question.addresses[*at];
}

void GatewayReader::find_engines(PortCheck& ports, const std::vector<EngineView>& engines,
                                 std::vector<GatewaySighting>& gateways) {
    for (auto& gateway : gateways) {
        if (!gateway.container || gateway.container->addresses.size() < 2) continue;
        const auto known = known_.find(gateway.name);
        const bool is_asked = known != known_.end() && known->second.address.empty();
        if (!is_asked) continue;
        const auto engine = std::ranges::find_if(engines, [&](const EngineView& each) {
            return each.incarnation.id == gateway.container->id && each.ports.http != 0 &&
                   each.state == EngineState::running;
        });
        if (engine == engines.end()) continue;
        std::vector<PortAddress> doors;
        for (const auto& address : gateway.container->addresses)
            doors.push_back({address, engine->ports.http});
        const std::vector<PortAnswer> answers = ports.ask(doors);
        const auto first = std::ranges::find(answers, PortAnswer::listens);
        if (first == answers.end()) continue;
        const auto at = static_cast<std::size_t>(first - answers.begin());
        known->second.address = gateway.address = doors[at].host;
    }
}

std::vector<std::string> GatewayReader::addresses_to_ask(const GatewaySpec& spec,
                                                         const GatewaySighting& gateway) const {
    if (!spec.control_server.address.empty()) return {spec.control_server.address};
    const auto known = known_.find(gateway.name);
    const bool answers = known != known_.end() && known->second.answers;
    if (answers && known->second.address == gateway.address) return {gateway.address};
    std::vector<std::string> all = gateway.container->addresses;
    if (all.size() > most_addresses) all.resize(most_addresses);
    return all;
}

}  // namespace roundhouse
