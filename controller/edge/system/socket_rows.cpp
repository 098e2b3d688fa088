#include "edge/system/socket_rows.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>

namespace roundhouse {

namespace {

using namespace std::chrono_literals;

// What Linux calls TCP_TIMEWAIT_LEN, and USER_HZ, in which it writes what is left of that.
constexpr Duration time_wait = 60s;
constexpr Duration tick = 10ms;

// The next word of the line, which begins after it then.
std::string_view take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \n"), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(" \n"));
    line.remove_prefix(word.size());
    return word;
}

std::optional<std::uint32_t> parse_hex(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional(value) : std::nullopt;
}

std::string text_of(const in6_addr& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool is_ipv4 = IN6_IS_ADDR_V4MAPPED(&address) != 0;
    const void* bytes = is_ipv4 ? &address.s6_addr[12] : &address.s6_addr[0];
    ::inet_ntop(is_ipv4 ? AF_INET : AF_INET6, bytes, text.data(), text.size());
    return text.data();
}

in6_addr mapped(std::uint32_t network_order) {
    in6_addr address{};
    address.s6_addr[10] = address.s6_addr[11] = 0xFF;
    std::memcpy(&address.s6_addr[12], &network_order, sizeof network_order);
    return address;
}

// "0100007F:1F90": words of the address as this machine's numbers, then the port.
std::optional<Endpoint> parse_endpoint(std::string_view text) {
    constexpr std::size_t word_digits = 8;
    const std::size_t digits = text.find(':');
    if (digits != word_digits && digits != 4 * word_digits) return std::nullopt;
    std::array<std::uint32_t, 4> words{};
    for (std::size_t i = 0; i < digits / word_digits; ++i) {
        const auto word = parse_hex(text.substr(i * word_digits, word_digits));
        if (!word) return std::nullopt;
        words[i] = *word;
    }
    const auto port = parse_hex(text.substr(digits + 1));
    if (!port || *port > 0xFFFF) return std::nullopt;
    in6_addr address = mapped(words[0]);
    if (digits != word_digits) std::memcpy(&address, words.data(), sizeof address);
    return Endpoint{text_of(address), static_cast<int>(*port)};
}

// Of include/net/tcp_states.h.
std::optional<SocketRow::State> state_of(std::string_view number) {
    switch (parse_hex(number).value_or(0)) {
        case 0x01: return SocketRow::State::established;
        case 0x04:  // FIN_WAIT1
        case 0x05:  // FIN_WAIT2
        case 0x08:  // CLOSE_WAIT
        case 0x09:  // LAST_ACK
        case 0x0B:  // CLOSING
            return SocketRow::State::half_closed;
        case 0x06: return SocketRow::State::ended;
        case 0x0A: return SocketRow::State::listening;
        default: return std::nullopt;
    }
}

// Of "03:00000BB8", what is left of TIME_WAIT.
Duration ended_for(std::string_view timer) {
    const auto colon = timer.find(':');
    if (colon == std::string_view::npos) return Duration{0};
    const auto ticks = parse_hex(timer.substr(colon + 1));
    const Duration left = ticks ? tick * static_cast<Duration::rep>(*ticks) : time_wait;
    return std::clamp(time_wait - left, Duration{0}, time_wait);
}

}  // namespace

std::optional<SocketRow> parse_socket_row(std::string_view line) {
    take_word(line);  // its number
    const auto local = parse_endpoint(take_word(line));
    const auto peer = parse_endpoint(take_word(line));
    const auto state = state_of(take_word(line));
    if (!local || !peer || !state) return std::nullopt;
    if (*state == SocketRow::State::listening) {
        if (is_loopback_address(local->address)) return std::nullopt;
        return SocketRow{*state, local->port, {}};
    }
    SocketRow row{*state, local->port, *peer};
    take_word(line);  // its queues
    if (row.state == SocketRow::State::ended) row.ended_for = ended_for(take_word(line));
    return row;
}

std::optional<Endpoint> endpoint_of(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) {
        sockaddr_in ipv4{};
        std::memcpy(&ipv4, &address, sizeof ipv4);
        return Endpoint{text_of(mapped(ipv4.sin_addr.s_addr)), ntohs(ipv4.sin_port)};
    }
    if (address.ss_family == AF_INET6) {
        sockaddr_in6 ipv6{};
        std::memcpy(&ipv6, &address, sizeof ipv6);
        return Endpoint{text_of(ipv6.sin6_addr), ntohs(ipv6.sin6_port)};
    }
    return std::nullopt;
}

}  // namespace roundhouse
