#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "edge/http/codec.h"
#include "edge/http/request_parts.h"
#include "edge/text/host_name.h"
#include "edge/text/json.h"
#include "fuzz/properties.h"
#include "fuzz/targets.h"
#include "unit/http/api_help.h"

namespace roundhouse::fuzz {

namespace {

const std::string key = "sesame-open-4711";

// A file that holds the key and has no name in any folder.
std::string key_file() {
    const int fd = ::memfd_create("key", MFD_CLOEXEC);
    const bool written = ::write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size());
    must(written, "the key is written");
    return "/proc/self/fd/" + std::to_string(fd);
}

// --- bytes into requests

// What was decoded: as text to compare, and as requests for the API.
struct Decoded {
    std::vector<DecodedRequest> requests;
    std::string account;

    bool operator==(const Decoded& other) const { return account == other.account; }
};

std::string account_of(const DecodedRequest& decoded) {
    std::string text = decoded.request.method + " " + decoded.request.target + "\n";
    for (const auto& [name, value] : decoded.request.headers)
        text.append(name).append(": ").append(value).append("\n");
    return text + decoded.request.body + (decoded.keep_alive ? "\nmore may follow\n" : "\n");
}

// Small, so that requests of some hundred bytes reach the limits.
constexpr RequestLimits limits{.head_bytes = 512, .body_bytes = 256};

Decoded decode(const std::vector<std::string_view>& pieces) {
    Decoded all;
    RequestDecoder decoder(limits);
    bool failed = false;
    for (const auto& piece : pieces) {
        decoder.feed(piece);
        while (auto decoded = decoder.next()) {
            failed = decoded->error.has_value();
            if (!failed) all.account += account_of(*decoded);
            all.requests.push_back(std::move(*decoded));
        }
    }
    // A head that is wrong may be an error at once, or only at its end.
    all.account += failed || decoder.is_in_request() ? "no whole request" : "nothing more";
    return all;
}

void examine_request(const Request& request) {
    must(!request.method.empty() && !request.target.empty(), "a request asks for something");
    must(request.body.size() <= limits.body_bytes, "a body keeps the limit");
    std::size_t bytes = request.method.size() + request.target.size();
    for (const auto& [name, value] : request.headers)
        bytes += name.size() + value.size();
    must(bytes <= limits.head_bytes, "a head keeps the limit");
}

// --- requests into responses

// 500 would say that something was thrown.
constexpr std::array documented = {200, 202, 204, 400, 401, 403, 404, 405, 413, 415, 431, 503};

bool is_open(std::string_view path) {
    return path == "/" || path == "/healthz" || path == "/readyz";
}

void examine_head(const Response& response, const DecodedRequest& decoded) {
    const std::string head = encode_head(response, decoded, test::noon);
    must(head.starts_with("HTTP/1.1 " + std::to_string(response.status) + " "), "a status line");
    must(head.find("\r\n\r\n") == head.size() - 4, "one head");
    const auto lines = std::ranges::count(head, '\n');
    must(lines == std::ranges::count(head, '\r'), "lines end as HTTP has it");
    must(!mentions(head, key), "a head holds no key");
    const bool has_body = sends_body(response, decoded);
    must(!has_body || response.next || mentions(head, "\r\nContent-Length: "), "a length");
}

void examine_response(const Response& response, const DecodedRequest& decoded) {
    must(std::ranges::find(documented, response.status) != documented.end(), "a known status");
    must(!mentions(response.body, key), "a body holds no key");
    if (response.content_type == "application/json") {
        must(parse_json(response.body).ok(), "JSON is JSON");
    }
    must(!response.next || !mentions(response.next(), key), "a stream holds no key");
    examine_head(response, decoded);
}

void examine_access(const Response& response, const Request& request) {
    if (response.status != 200 && response.status != 202) return;
    if (is_open(split_target(request.target).path)) return;
    must(mentions(header(request, "authorization"), key), "no data without the key");
}

// A controller of two engines, whose API requires the key.
struct GuardedBench : test::ApiBench {
    GuardedBench() : ApiBench(test::pool_of(2), test::matching_world(test::pool_of(2))) {
        access.api_key_file = key_file();
        happen("created");
    }
};

Observation published_world() {
    Observation seen = test::matching_world(test::pool_of(2));
    seen.gateways[0].host_ports = {{19000, {"", 29000}}, {19001, {"", 29001}}};
    return seen;
}

// The same without a key: browsers may use it under known names only.
struct OpenBench : test::ApiBench {
    OpenBench() : ApiBench(test::pool_of(2), published_world()) {
        access.host_names = {"nas.local"};
        host.clear();
    }
};

void examine_host(const Response& response, const Request& request) {
    if (response.status != 200 && response.status != 202) return;
    const auto path = split_target(request.target).path;
    if (path == "/healthz" || path == "/readyz") return;
    const auto name = host_of(std::string(header(request, "host")));
    must(name && (is_ip_address(*name) || name == "localhost" || name == "nas.local"),
         "no data under an unknown name");
}

// The balancer leads to its engines alone, at the host that was asked or at the gateway.
void examine_redirect(const Response& response, const DecodedRequest& decoded) {
    constexpr std::array statuses = {307, 400, 404, 405};
    must(std::ranges::find(statuses, response.status) != statuses.end(), "a known answer");
    examine_head(response, decoded);
    const std::string location = test::header_of(response, "Location");
    must((response.status == 307) == !location.empty(), "a redirect leads somewhere");
    if (location.empty()) return;
    const std::string& target = decoded.request.target;
    must(target.starts_with('/') && location.ends_with(target), "it keeps path and query");
    const std::string before = location.substr(0, location.size() - target.size());
    const auto host = host_of(std::string(header(decoded.request, "host")));
    must(host.has_value(), "it needs a host");
    const bool inside = before == "http://gluetun:19000" || before == "http://gluetun:19001";
    const bool outside = before == "http://" + host_port(*host, 29000) ||
                         before == "http://" + host_port(*host, 29001);
    must(inside || outside, "it leads to an engine");
}

}  // namespace

void examine_http(std::string_view bytes) {
    static GuardedBench bench;
    static OpenBench open_bench;
    const Decoded all = same_in_any_pieces(bytes, decode);
    for (const DecodedRequest& decoded : all.requests) {
        if (decoded.error) {
            examine_response(*decoded.error, decoded);
            continue;
        }
        examine_request(decoded.request);
        const Response response = bench.ask(decoded.request);
        examine_response(response, decoded);
        examine_access(response, decoded.request);
        const Response without_key = open_bench.ask(decoded.request);
        examine_response(without_key, decoded);
        examine_host(without_key, decoded.request);
        examine_redirect(open_bench.balancer.handle(decoded.request), decoded);
    }
}

}  // namespace roundhouse::fuzz
