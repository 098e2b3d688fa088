// Everything roundhouse names in Docker: engines, and the labels they carry.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace roundhouse {

namespace label {
inline constexpr std::string_view pool = "roundhouse.pool";
inline constexpr std::string_view slot = "roundhouse.slot";
inline constexpr std::string_view gateway = "roundhouse.gateway";
inline constexpr std::string_view gateway_id = "roundhouse.gateway-id";
inline constexpr std::string_view gateway_started_at = "roundhouse.gateway-started-at";
inline constexpr std::string_view template_hash = "roundhouse.template-hash";
inline constexpr std::string_view http_port = "roundhouse.http-port";
inline constexpr std::string_view https_port = "roundhouse.https-port";
inline constexpr std::string_view api_port = "roundhouse.api-port";
inline constexpr std::string_view p2p_port = "roundhouse.p2p-port";
inline constexpr std::string_view forwarded = "roundhouse.forwarded";
inline constexpr std::string_view followed_port = "roundhouse.followed-port";
inline constexpr std::string_view failures = "roundhouse.failures";
// Labels under this prefix are ours alone; a spec may not set them.
inline constexpr std::string_view prefix = "roundhouse.";
}  // namespace label

// "<pool>-<slot>". The Docker daemon rejects a second container of a name: the name is the lock.
std::string engine_name(std::string_view pool, int slot);

// The slot in a name of that form; nullopt for every other name ("acestream-01" included).
std::optional<int> slot_of_name(std::string_view pool, std::string_view name);

}  // namespace roundhouse
