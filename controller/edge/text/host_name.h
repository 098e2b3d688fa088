// Names and addresses of hosts, as texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace roundhouse {

// "192.0.2.1" or "2001:db8::1", without brackets and without a zone.
bool is_ip_address(const std::string& text);

// "127.0.0.1" and the rest of 127.0.0.0/8, "::1", and "localhost": only their own machine has it.
bool is_loopback(const std::string& host);

// Letters, digits, '-', '_' and '.', as in "nas.local" and in the names of containers.
bool is_host_name(std::string_view text);

// The host of the authority of a URL, in lower case: "nas.local" for "NAS.local.:9190", "::1" for
// "[::1]". nullopt: no host, a user's name, or anything else that is not HOST or HOST:PORT.
std::optional<std::string> host_of(const std::string& authority);

}  // namespace roundhouse
