#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "edge/http/codec.h"
#include "edge/http/request_parts.h"
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

// What was read of a connection, as text to compare; and for the API.
struct Conversation {
    std::vector<Incoming> requests;
    std::string account;

    bool operator==(const Conversation& other) const { return account == other.account; }
};

std::string account_of(const Incoming& incoming) {
    std::string text = incoming.request.method + " " + incoming.request.target + "\n";
    for (const auto& [name, value] : incoming.request.headers)
        text.append(name).append(": ").append(value).append("\n");
    return text + incoming.request.body + (incoming.keep_alive ? "\nmore may follow\n" : "\n");
}

// Small, so that requests of some hundred bytes reach the limits.
constexpr WireLimits limits{.head_bytes = 512, .body_bytes = 256};

Conversation converse(const std::vector<std::string_view>& pieces) {
    Conversation all;
    RequestReader reader(limits);
    bool refused = false;
    for (const auto& piece : pieces) {
        reader.take(piece);
        while (auto incoming = reader.next()) {
            refused = incoming->refusal.has_value();
            if (!refused) all.account += account_of(*incoming);
            all.requests.push_back(std::move(*incoming));
        }
    }
    // A head that is wrong may be refused at once, or at its end.
    all.account += refused || reader.begun() ? "no whole request" : "nothing more";
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
constexpr std::array documented = {200, 202, 204, 400, 401, 404, 405, 413, 415, 431, 503};

bool is_open(std::string_view path) {
    return path == "/" || path == "/healthz" || path == "/readyz";
}

void examine_head(const Response& response, const Incoming& incoming) {
    const std::string head = head_of(response, incoming, test::noon);
    must(head.starts_with("HTTP/1.1 " + std::to_string(response.status) + " "), "a status line");
    must(head.find("\r\n\r\n") == head.size() - 4, "one head");
    const auto lines = std::ranges::count(head, '\n');
    must(lines == std::ranges::count(head, '\r'), "lines end as HTTP has it");
    must(!mentions(head, key), "a head holds no key");
    const bool sends_body = is_body_sent(response, incoming);
    must(!sends_body || response.next || mentions(head, "\r\nContent-Length: "), "a length");
}

void examine_response(const Response& response, const Incoming& incoming) {
    must(std::ranges::find(documented, response.status) != documented.end(), "a known status");
    must(!mentions(response.body, key), "a body holds no key");
    if (response.content_type == "application/json") {
        must(is_json_object(response.body), "JSON is JSON");
    }
    must(!response.next || !mentions(response.next(), key), "a stream holds no key");
    examine_head(response, incoming);
}

void examine_access(const Response& response, const Request& request) {
    if (response.status != 200 && response.status != 202) return;
    if (is_open(split_target(request.target).path)) return;
    must(mentions(header(request, "authorization"), key), "nobody is let in without the key");
}

// As a controller that looks after two engines and lets in who has the key.
struct GuardedBench : test::ApiBench {
    GuardedBench() : ApiBench(test::pool_of(2), test::matching_world(test::pool_of(2))) {
        api_key_file = key_file();
        happen("created");
    }
};

}  // namespace

void examine_http(std::string_view bytes) {
    static GuardedBench bench;
    const Conversation said = same_in_any_pieces(bytes, converse);
    for (const Incoming& incoming : said.requests) {
        if (incoming.refusal) {
            examine_response(*incoming.refusal, incoming);
            continue;
        }
        examine_request(incoming.request);
        const Response response = bench.ask(incoming.request);
        examine_response(response, incoming);
        examine_access(response, incoming.request);
    }
}

}  // namespace roundhouse::fuzz
