#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "edge/client/transfers.h"
#include "edge/command/commands.h"
#include "edge/command/get_tables.h"
#include "edge/command/print.h"
#include "edge/command/terminal.h"
#include "edge/system/exit_code.h"
#include "edge/system/secret_file.h"
#include "edge/system/system_clock.h"
#include "edge/text/json.h"
#include "edge/text/yaml_text.h"

namespace roundhouse {

namespace {

using namespace std::chrono_literals;

constexpr Duration longest_request = 10s;
constexpr Duration time_between_requests = 1s;

// Why there is no answer, and the exit code for it.
struct Failure {
    int exit_code = exit_code::failure;
    std::string message;
};

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

// Requests one resource of one controller.
class ApiClient {
  public:
    ApiClient(const CommandLine& line, const Environment& environment)
        : base_(base_url(line, environment)),
          path_(path_of(line.resource)),
          key_file_(environment.api_key_file) {}

    // The reply, valid until the next call. nullptr when there is none: failure() says why.
    const Json* ask() {
        HttpRequest request;
        request.url = base_ + path_;
        if (!key_file_.empty()) {
            auto key = read_secret(key_file_);
            if (!key) return fail(exit_code::failure, key.fault().message);
            request.bearer = std::move(key.value());
        }
        const HttpReply reply = transfer(std::move(request));
        if (is_failure(reply)) return nullptr;
        auto parsed = parse_json(reply.body);
        if (!parsed) {
            return fail(exit_code::failure, base_ + path_ + ": the reply " +
                                                parsed.fault().message + "; is it a roundhouse?");
        }
        reply_ = std::move(parsed.value());
        return &reply_;
    }

    // A controller whose loop is stuck still answers; /healthz reports it.
    bool loop_is_alive() {
        HttpRequest request;
        request.url = base_ + "/healthz";
        return !is_failure(transfer(std::move(request)));
    }

    const Failure& failure() const { return failure_; }

  private:
    HttpReply transfer(HttpRequest request) {
        request.timeout = longest_request;
        request.max_reply_bytes = std::size_t{8} << 20U;
        transfers_.begin(std::move(request));
        auto replies = transfers_.wait(longest_request);
        while (replies.empty())
            replies = transfers_.wait(longest_request);
        return std::move(replies.front());
    }

    bool is_failure(const HttpReply& reply) {
        if (reply.problem != HttpProblem::none) {
            fail(exit_code::unreachable,
                 "the controller at " + base_ + " cannot be reached: " + reply.detail +
                     "; is 'roundhouse run' up, and does --server name its address?");
        } else if (reply.status == 401) {
            fail(exit_code::failure, key_problem());
        } else if (reply.status != 200) {
            const auto body = parse_json(reply.body);
            const std::string said =
                body ? text_of(member(body.value(), "error"), "message") : std::string();
            fail(exit_code::failure, "the controller at " + base_ + " answered HTTP " +
                                         std::to_string(reply.status) +
                                         (said.empty() ? "" : ": " + said));
        } else {
            return false;
        }
        return true;
    }

    std::string key_problem() const {
        if (key_file_.empty()) {
            return "the controller requires an API key: name its file with --api-key-file";
        }
        return "the controller refuses the API key in " + key_file_;
    }

    const Json* fail(int exit_code, std::string message) {
        failure_ = {exit_code, std::move(message)};
        return nullptr;
    }

    std::string base_;
    std::string path_;
    std::string key_file_;
    HttpTransfers transfers_;
    Json reply_;
    Failure failure_;
};

std::string as_text(const CommandLine& line, const Json& reply, const TableStyle& style) {
    switch (line.output) {
        case Output::json: return indented(reply);
        case Output::yaml: return as_yaml(reply);
        default: return as_table(line.resource, reply, style);
    }
}

// What to print of each reply: only the new events, or the whole of another resource that changed.
class Follower {
  public:
    explicit Follower(const CommandLine& line) : line_(line) {}

    // Empty where nothing has changed.
    std::string text_of_changes(const Json& reply, const TableStyle& style) {
        const bool by_event = line_.resource == Resource::events && line_.output != Output::yaml;
        std::string text = by_event ? new_events(reply, style) : whole_if_changed(reply, style);
        any_shown_ = true;
        return text;
    }

  private:
    std::string whole_if_changed(const Json& reply, const TableStyle& style) {
        std::string essence = essence_of(reply);
        if (essence == last_) return "";
        last_ = std::move(essence);
        const char* between = line_.output == Output::yaml ? "---\n" : "\n";
        return (any_shown_ ? between : "") + as_text(line_, reply, style);
    }

    // The reply without the members that change in every round, such as ages.
    static std::string essence_of(Json reply) {
        erase_times(reply);
        return one_line(reply);
    }

    static void erase_times(Json& value) {
        if (!value.is_structured()) return;
        for (const char* key : {"observedAt", "since", "readyFor", "notReadyFor"}) {
            if (value.is_object()) value.erase(key);
        }
        for (Json& child : value)
            erase_times(child);
    }

    std::string new_events(const Json& reply, const TableStyle& style) {
        const Json& events = list_of(reply, "items");
        if (ids_start_again(events)) last_id_ = 0;
        std::string text;
        if (line_.output == Output::json) {
            for (const Json& event : events) {
                if (event_id(event) > last_id_) text += one_line(event) + "\n";
            }
        } else if (any_shown_) {
            text = new_event_rows(reply, last_id_, style);
        } else {
            text = as_table(line_.resource, reply, style);
        }
        if (events.empty()) return text;
        last_id_ = event_id(events.back());
        last_time_ = text_of(events.back(), "lastTime");
        return text;
    }

    // Whether the ids are those of another run of the controller.
    bool ids_start_again(const Json& events) const {
        if (events.empty()) return false;
        return event_id(events.back()) < last_id_ ||
               std::ranges::any_of(events, [this](const Json& event) {
                   return event_id(event) == last_id_ && text_of(event, "lastTime") != last_time_;
               });
    }

    const CommandLine& line_;
    bool any_shown_ = false;
    std::string last_;
    std::uint64_t last_id_ = 0;  // of the last event shown, and its time
    std::string last_time_;
};

// A warning when the reply is from an earlier look; empty otherwise.
std::string warning_of(const Json& reply) {
    const std::string fault = text_of(reply, "lookFault");
    if (fault.empty()) return "";
    const std::string seen_at = text_of(reply, "observedAt");
    return (seen_at.empty() ? "nothing was seen yet" : "this is as of " + seen_at) +
           ", the containers cannot be listed now: " + fault;
}

}  // namespace

int command_get(const CommandLine& line, const Environment& environment) {
    ApiClient client(line, environment);
    Follower follower(line);
    const SystemClock clock;
    TableStyle style{line.output == Output::wide, wants_colours(STDOUT_FILENO), {}};
    std::string last_problem;
    for (bool first = true; first || line.follow; first = false) {
        if (!first && reader_leaves_within(time_between_requests)) break;
        const Json* reply = client.ask();
        const std::string problem =
            reply == nullptr ? client.failure().message : warning_of(*reply);
        if (!line.quiet && problem != last_problem) {
            print_problem(problem.empty() ? "the controller answers again, with the present state"
                                          : problem);
        }
        last_problem = problem;
        // With --watch, a controller may go away and come back, but it must answer at first.
        if (reply == nullptr && first) return client.failure().exit_code;
        if (line.quiet && !client.loop_is_alive()) return client.failure().exit_code;
        if (reply == nullptr || line.quiet) continue;
        style.now = clock.now();
        const int printed = print_result(
            line.follow ? follower.text_of_changes(*reply, style) : as_text(line, *reply, style),
            exit_code::success);
        if (printed != exit_code::success) return printed;
    }
    return exit_code::success;
}

}  // namespace roundhouse
