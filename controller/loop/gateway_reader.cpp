#include "loop/gateway_reader.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace roundhouse {

namespace {

// A container may be on any number of networks.
constexpr std::size_t most_addresses = 8;

// A paused gateway, which does not count as running, takes connections and never answers.
bool can_be_asked(const GatewaySighting& gateway) {
    return gateway.declared && gateway.container && gateway.container->running;
}

bool is_answer(const GatewayReading& reading) {
    return reading.forwarded_ports.kind != PortsAnswerKind::unreachable ||
           reading.vpn_status != VpnStatus::unknown || reading.public_ip;
}

}  // namespace

void GatewayReader::read(const EnginePool& pool, std::vector<GatewaySighting>& gateways) {
    std::erase_if(known_, [&](const auto& entry) {
        return std::ranges::find(gateways, entry.first, &GatewaySighting::name) == gateways.end();
    });
    std::vector<Question> questions;
    for (auto& gateway : gateways) {
        if (!gateway.container) continue;
        const std::vector<std::string>& addresses = gateway.container->addresses;
        if (!addresses.empty()) gateway.address = addresses.front();
        const auto known = known_.find(gateway.name);
        const bool is_there =
            known != known_.end() && std::ranges::count(addresses, known->second.address) > 0;
        if (is_there) gateway.address = known->second.address;
        const auto spec = std::ranges::find(pool.gateways, gateway.name, &GatewaySpec::container);
        if (spec == pool.gateways.end() || !can_be_asked(gateway)) continue;
        questions.push_back({&gateway, &*spec, addresses_to_ask(*spec, gateway), {}});
    }
    std::vector<Job> jobs;
    for (auto& question : questions) {
        question.readings.resize(question.addresses.size());
        for (std::size_t i = 0; i < question.addresses.size(); ++i) {
            jobs.emplace_back([&, i] {
                question.readings[i] = api_.read(*question.spec, question.addresses[i]);
            });
        }
    }
    workers_.do_all(jobs);
    for (auto& question : questions)
        take_in(question);
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

void GatewayReader::take_in(Question& question) {
    GatewaySighting& gateway = *question.gateway;
    GatewayReading& reading = gateway.reading;
    const std::vector<std::string>& addresses = question.addresses;
    if (addresses.empty()) {
        reading.forwarded_ports.detail =
            "Docker knows no address of " + gateway.name + ": name one as controlServer.address";
        return;
    }
    const auto answer = std::ranges::find_if(question.readings, is_answer);
    const bool answers = answer != question.readings.end();
    const auto at = answers ? answer - question.readings.begin() : std::ptrdiff_t{0};
    reading = std::move(question.readings[static_cast<std::size_t>(at)]);
    // The ports' answer reports a key that is not accepted already.
    const bool key_refused = reading.forwarded_ports.kind == PortsAnswerKind::unauthorized;
    if (key_refused) reading.vpn_detail.clear();

    Known& known = known_[gateway.name];
    known.answers = answers;
    const bool is_own = question.spec->control_server.address.empty();
    if (answers && is_own) {
        known.address = gateway.address = addresses[static_cast<std::size_t>(at)];
    } else if (!answers && addresses.size() > 1) {
        std::string& detail = reading.forwarded_ports.detail;
        detail += "; nor does it answer at";
        for (std::size_t i = 1; i < addresses.size(); ++i)
            detail += (i == 1 ? " " : ", ") + addresses[i];
        detail += ": name the right address as controlServer.address";
    }
}

}  // namespace roundhouse
