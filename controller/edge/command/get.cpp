#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "edge/command/api_client.h"
#include "edge/command/commands.h"
#include "edge/command/get_tables.h"
#include "edge/command/many_replies.h"
#include "edge/command/many_tables.h"
#include "edge/command/print.h"
#include "edge/command/terminal.h"
#include "edge/system/exit_code.h"
#include "edge/system/system_clock.h"
#include "edge/text/json.h"
#include "edge/text/yaml_text.h"

namespace roundhouse {

namespace {

using namespace std::chrono_literals;

constexpr Duration time_between_requests = 1s;

std::string as_text(const CommandLine& line, const Json& reply, const TableStyle& style) {
    switch (line.output) {
        case Output::json: return indented(reply);
        case Output::yaml: return as_yaml(reply);
        default: break;
    }
    return is_of_many(reply) ? as_table_of_many(line.resource, reply, style)
                             : as_table(line.resource, reply, style);
}

// What to print of each reply: only the new events, or the whole of another resource that changed.
class Follower {
  public:
    explicit Follower(const CommandLine& line) : line_(line) {}

    // Empty where nothing has changed.
    std::string text_of_changes(const Json& reply, const TableStyle& style) {
        // Each of several controllers counts its own events.
        const bool by_event = line_.resource == Resource::events && line_.output != Output::yaml &&
                              !is_of_many(reply);
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
        for (const char* key : {"observedAt", "since", "readyFor", "notReadyFor", "idleFor"}) {
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
        const auto reply = client.ask();
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
