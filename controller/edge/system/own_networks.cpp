#include "edge/system/own_networks.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace roundhouse {

namespace {

using Bytes = std::vector<std::uint8_t>;

// 4 or 16 bytes; empty: no IP.
Bytes bytes_of(const std::string& ip) {
    std::array<std::uint8_t, sizeof(in6_addr)> bytes{};
    if (::inet_pton(AF_INET, ip.c_str(), bytes.data()) == 1)
        return {bytes.begin(), bytes.begin() + sizeof(in_addr)};
    if (::inet_pton(AF_INET6, ip.c_str(), bytes.data()) == 1) return {bytes.begin(), bytes.end()};
    return {};
}

// The address in a socket address; empty: it is of another family.
Bytes bytes_of(const sockaddr* socket_address) {
    if (socket_address == nullptr) return {};
    const auto copy = [](const auto& address) {
        Bytes bytes(sizeof(address));
        std::memcpy(bytes.data(), &address, sizeof(address));
        return bytes;
    };
    switch (socket_address->sa_family) {
        case AF_INET: return copy(reinterpret_cast<const sockaddr_in*>(socket_address)->sin_addr);
        case AF_INET6:
            return copy(reinterpret_cast<const sockaddr_in6*>(socket_address)->sin6_addr);
        default: return {};
    }
}

std::string text_of(const Bytes& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = address.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
    ::inet_ntop(family, address.data(), text.data(), text.size());
    return text.data();
}

}  // namespace

bool holds(const OwnNetwork& network, const std::string& ip) {
    const Bytes own = bytes_of(network.address);
    const Bytes other = bytes_of(ip);
    if (own.empty() || own.size() != other.size()) return false;
    int left = network.prefix_length;
    for (std::size_t i = 0; i < own.size() && left > 0; ++i, left -= 8) {
        const int ignored_bits = left >= 8 ? 0 : 8 - left;
        if ((own[i] ^ other[i]) >> ignored_bits != 0) return false;
    }
    return true;
}

std::vector<OwnNetwork> own_networks() {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return {};
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, &::freeifaddrs);
    std::vector<OwnNetwork> networks;
    for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
        const Bytes address = bytes_of(each->ifa_addr);
        if (address.empty()) continue;
        int prefix_length = 0;
        for (const std::uint8_t byte : bytes_of(each->ifa_netmask))
            prefix_length += std::popcount(byte);
        networks.push_back({text_of(address), prefix_length});
    }
    return networks;
}

}  // namespace roundhouse
