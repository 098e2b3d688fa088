#include "edge/gluetun/silence.h"

#include <algorithm>
#include <cstddef>

namespace roundhouse {

namespace {

// "172.20.0.3, 192.168.1.3": those that are of use to nobody but this machine are left out.
std::string shown(const std::vector<OwnNetwork>& own) {
    constexpr std::size_t most = 4;
    std::size_t count = 0;
    std::string text;
    for (const auto& network : own) {
        const bool is_local = network.address.starts_with("127.") || network.address == "::1" ||
                              network.address.starts_with("fe80:");
        if (is_local || ++count > most) continue;
        text += (text.empty() ? "" : ", ") + network.address;
    }
    return count > most ? text + " ..." : text;
}

}  // namespace

bool is_on_network_of(const std::string& ip, const std::vector<OwnNetwork>& own) {
    return own.empty() ||
           std::ranges::any_of(own, [&](const OwnNetwork& network) { return holds(network, ip); });
}

std::string advice_on_silence(const std::string& ip, const std::vector<OwnNetwork>& own,
                              const std::string& otherwise) {
    if (is_on_network_of(ip, own)) return otherwise;
    const std::string addresses = shown(own);
    return "roundhouse is not on the network of that address (it has " +
           (addresses.empty() ? "no address but its own machine's" : addresses) +
           "): put both containers on one network (`networks` in the compose file), run roundhouse "
           "on the host, or name an address that it reaches as controlServer.address";
}

}  // namespace roundhouse
