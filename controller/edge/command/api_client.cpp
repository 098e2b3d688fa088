#include "edge/command/api_client.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "edge/command/upstream.h"
#include "edge/system/exit_code.h"
#include "edge/system/secret_file.h"
#include "edge/text/foreign_text.h"
#include "edge/text/json.h"
#include "edge/text/strings.h"

namespace roundhouse {

namespace {

using namespace std::chrono_literals;

constexpr Duration longest_request = 10s;
// Of several: the address of a Pod whose node is lost is in DNS for a while.
constexpr Duration longest_of_many = 3s;
constexpr std::string_view before_name = "dns:";

// "http://127.0.0.1:9190": the address from the command line, else the one that the controller
// listens on. A controller that listens on every address is reached on this machine.
std::string base_url(const CommandLine& line, const Environment& environment) {
    HostPort address = environment.listen;
    if (address.host == "0.0.0.0") address.host = "127.0.0.1";
    if (address.host == "::") address.host = "::1";
    std::string where = line.server.value_or(host_port(address.host, address.port));
    if (where.find("://") == std::string::npos) where.insert(0, "http://");
    while (where.ends_with('/'))
        where.pop_back();
    return where;
}

const char* path_of(Resource resource) {
    switch (resource) {
        case Resource::pool: return "/api/v1/pool";
        case Resource::engines: return "/api/v1/engines";
        case Resource::gateways: return "/api/v1/gateways";
        case Resource::events: return "/api/v1/events?limit=200";
    }
    return "/";
}

std::optional<HostPort> name_of(const CommandLine& line) {
    if (!line.server || !line.server->starts_with(before_name)) return std::nullopt;
    return parse_host_port(std::string_view(*line.server).substr(before_name.size()));
}

}  // namespace

ApiClient::ApiClient(const CommandLine& line, const Environment& environment)
    : base_(base_url(line, environment)),
      named_(name_of(line)),
      path_(path_of(line.resource)),
      key_file_(environment.api_key_file) {}

std::shared_ptr<const Json> ApiClient::ask() {
    const auto secret = key();
    if (!secret) return fail(exit_code::failure, secret.fault().message);
    return named_ ? ask_many(secret.value()) : ask_one(secret.value());
}

bool ApiClient::post(const std::string& path) {
    if (named_) {
        fail(exit_code::bad_usage, "--server names all controllers at " + in_quotes(named_->host) +
                                       ": name the one that runs the engine");
        return false;
    }
    const auto secret = key();
    if (!secret) {
        fail(exit_code::failure, secret.fault().message);
        return false;
    }
    const HttpReply reply = ask_all(targets(), path, secret.value(), "POST").front();
    auto failure = failure_of(reply, base_);
    if (failure) failure_ = std::move(*failure);
    return !failure;
}

std::shared_ptr<const Json> ApiClient::ask_one(const std::string& key) {
    const HttpReply reply = ask_all(targets(), path_, key).front();
    if (auto failure = failure_of(reply, base_)) {
        failure_ = std::move(*failure);
        return nullptr;
    }
    auto parsed = parse_json(reply.body);
    if (!parsed) {
        return fail(exit_code::failure, base_ + path_ + ": the reply " + parsed.fault().message +
                                            "; is it a roundhouse?");
    }
    return std::make_shared<const Json>(std::move(parsed.value()));
}

std::shared_ptr<const Json> ApiClient::ask_many(const std::string& key) {
    const auto where = targets();
    if (where.empty()) return nullptr;
    const auto replies = ask_all(where, path_, key);
    std::vector<ControllerReply> answers;
    std::vector<std::string> problems;
    int exit_code = exit_code::failure;
    for (std::size_t i = 0; i < where.size(); ++i) {
        const auto failure = failure_of(replies[i], where[i].base);
        answers.push_back({where[i].address, {}, replies[i].body, failure ? failure->message : ""});
        if (!failure) continue;
        exit_code = failure->exit_code;
        problems.push_back(failure->message);
    }
    if (problems.size() < answers.size()) {
        find_names(where, key, answers);
        return std::make_shared<const Json>(merged(answers));
    }
    return fail(exit_code, "of the " + std::to_string(answers.size()) + " controllers at " +
                               in_quotes(named_->host) +
                               " none answers: " + joined(problems, "; "));
}

void ApiClient::find_names(const std::vector<Target>& where, const std::string& key,
                           std::vector<ControllerReply>& answers) {
    std::vector<Target> asked;
    std::vector<ControllerReply*> places;
    for (std::size_t i = 0; i < where.size(); ++i) {
        if (!answers[i].problem.empty()) continue;
        asked.push_back(where[i]);
        places.push_back(&answers[i]);
    }
    const auto replies = ask_all(asked, path_of(Resource::pool), key);
    for (std::size_t i = 0; i < replies.size(); ++i) {
        const auto pool = parse_json(replies[i].body);
        if (pool) places[i]->name = text_of(pool.value(), "controller");
    }
}

bool ApiClient::loop_is_alive() {
    const auto where = targets();
    bool any = false;
    for (const HttpReply& reply : ask_all(where, "/healthz", "")) {
        const bool answers = reply.problem == HttpProblem::none;
        if (named_ && !answers) continue;
        if (auto failure = failure_of(reply, base_)) {
            failure_ = std::move(*failure);
            return false;
        }
        any = true;
    }
    return any;
}

std::vector<ApiClient::Target> ApiClient::targets() {
    if (!named_) return {{base_, base_}};
    const auto deadline = std::chrono::steady_clock::now() + longest_request;
    auto found = names_.find_all(named_->host, deadline);
    if (!found) {
        fail(exit_code::unreachable, found.fault().message);
        return {};
    }
    auto& addresses = found.value();
    std::ranges::sort(addresses);
    if (addresses.size() > most_addresses) addresses.resize(most_addresses);
    std::vector<Target> all;
    all.reserve(addresses.size());
    for (const std::string& address : addresses)
        all.push_back({address, "http://" + host_port(address, named_->port)});
    return all;
}

std::vector<HttpReply> ApiClient::ask_all(const std::vector<Target>& targets,
                                          const std::string& path, const std::string& key,
                                          const char* method) {
    std::map<int, std::size_t> place_of_ticket;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        HttpRequest request;
        request.method = method;
        request.url = targets[i].base + path;
        request.bearer = key;
        request.timeout = named_ ? longest_of_many : longest_request;
        request.max_reply_bytes = std::size_t{8} << 20U;
        place_of_ticket.emplace(transfers_.begin(std::move(request)), i);
    }
    std::vector<HttpReply> replies(targets.size());
    std::size_t ended = 0;
    while (ended < targets.size()) {
        for (HttpReply& reply : transfers_.wait(longest_request)) {
            replies[place_of_ticket.at(reply.ticket)] = std::move(reply);
            ++ended;
        }
    }
    return replies;
}

Result<std::string> ApiClient::key() const {
    if (key_file_.empty()) return std::string();
    return read_secret(key_file_);
}

std::optional<ApiFailure> ApiClient::failure_of(const HttpReply& reply,
                                                const std::string& base) const {
    if (reply.problem != HttpProblem::none) {
        const std::string advice =
            named_ ? "" : "; is 'roundhouse run' up, and does --server name its address?";
        return ApiFailure{
            exit_code::unreachable,
            "the controller at " + base + " cannot be reached: " + reply.detail + advice};
    }
    if (reply.status == 401) return ApiFailure{exit_code::failure, key_problem()};
    if (reply.status == 200 || reply.status == 202) return std::nullopt;
    const auto body = parse_json(reply.body);
    const std::string said =
        body ? text_of(member(body.value(), "error"), "message") : std::string();
    return ApiFailure{exit_code::failure, "the controller at " + base + " answered HTTP " +
                                              std::to_string(reply.status) +
                                              (said.empty() ? "" : ": " + said)};
}

std::string ApiClient::key_problem() const {
    if (key_file_.empty()) {
        return "the controller requires an API key: name its file with --api-key-file";
    }
    return "the controller refuses the API key in " + key_file_;
}

std::nullptr_t ApiClient::fail(int exit_code, std::string message) {
    failure_ = {exit_code, std::move(message)};
    return nullptr;
}

}  // namespace roundhouse
