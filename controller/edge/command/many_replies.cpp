#include "edge/command/many_replies.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

namespace roundhouse {

namespace {

constexpr const char* controllers = "controllers";

struct Answer {
    std::string controller;
    const ControllerReply* from;
    Json reply;
    std::string problem;
};

Answer read_answer(const ControllerReply& from) {
    Answer answer{from.name.empty() ? from.address : from.name, &from, {}, from.problem};
    if (!answer.problem.empty()) return answer;
    auto parsed = parse_json(from.body);
    if (!parsed) {
        answer.problem = "the reply " + parsed.fault().message + "; is it a roundhouse?";
        return answer;
    }
    answer.reply = std::move(parsed.value());
    return answer;
}

std::vector<Answer> answers_by_name(const std::vector<ControllerReply>& replies) {
    std::vector<Answer> all;
    all.reserve(replies.size());
    for (const ControllerReply& each : replies)
        all.push_back(read_answer(each));
    std::ranges::sort(all, [](const Answer& a, const Answer& b) {
        return std::tie(a.controller, a.from->address) < std::tie(b.controller, b.from->address);
    });
    return all;
}

Json with_controller(const std::string& name, const Json& item) {
    Json result{{"controller", name}};
    if (!item.is_object()) return result;
    for (const auto& [key, value] : item.items()) {
        if (key != "controller") result[key] = value;
    }
    return result;
}

}  // namespace

Json merged(const std::vector<ControllerReply>& replies) {
    Json seen = Json::array();
    Json items = Json::array();
    for (const Answer& each : answers_by_name(replies)) {
        const bool answers = each.problem.empty();
        // A look that failed is told of one controller, as of one that is asked alone.
        seen.push_back({{"controller", each.controller},
                        {"address", each.from->address},
                        {"answers", answers},
                        {"problem", answers ? text_of(each.reply, "lookFault") : each.problem}});
        if (!answers) continue;
        if (member(each.reply, "items").is_array()) {
            for (const Json& item : list_of(each.reply, "items"))
                items.push_back(with_controller(each.controller, item));
        } else {
            items.push_back(with_controller(each.controller, each.reply));
        }
    }
    return {{controllers, std::move(seen)}, {"items", std::move(items)}};
}

bool is_of_many(const Json& reply) {
    return member(reply, controllers).is_array();
}

}  // namespace roundhouse
