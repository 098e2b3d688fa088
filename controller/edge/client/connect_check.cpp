#include "edge/client/connect_check.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "core/host_port.h"
#include "edge/client/transfers.h"

namespace roundhouse {

namespace {

constexpr Duration patience{300};

PortAnswer answer_from(HttpProblem problem) {
    switch (problem) {
        case HttpProblem::none: return PortAnswer::listens;
        case HttpProblem::connection_refused: return PortAnswer::refused;
        default: return PortAnswer::silent;
    }
}

}  // namespace

std::vector<PortAnswer> ConnectCheck::ask(const std::vector<PortAddress>& addresses) {
    HttpTransfers transfers(own_);
    std::map<int, std::size_t> asked;  // ticket -> which address
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        HttpRequest request;
        request.url = "http://" + host_port(addresses[i].host, addresses[i].port);
        request.connect_timeout = request.timeout = patience;
        request.connect_only = true;
        asked.emplace(transfers.begin(std::move(request)), i);
    }
    std::vector<PortAnswer> answers(addresses.size());
    while (!asked.empty()) {
        for (const auto& reply : transfers.wait(patience)) {
            answers[asked.at(reply.ticket)] = answer_from(reply.problem);
            asked.erase(reply.ticket);
        }
    }
    return answers;
}

}  // namespace roundhouse
