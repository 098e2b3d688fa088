#include "edge/docker/reply_field.h"

#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>

namespace roundhouse {

namespace {

// A level needs a hundred times its bytes of memory; Docker's replies have about ten levels.
bool accept_level(int depth, nlohmann::json::parse_event_t /*event*/, nlohmann::json& /*parsed*/) {
    constexpr int deepest = 100;
    if (depth > deepest) throw ReplyField::Unexpected{"the reply is nested too deep"};
    return true;
}

}  // namespace

ReplyField ReplyField::at(const char* key) const {
    expect_object();
    const auto found = value_->find(key);
    if (found == value_->end()) throw Unexpected{"the reply lacks " + path_ + "." + key};
    return ReplyField(*found, path_ + "." + key);
}

std::optional<ReplyField> ReplyField::maybe(const char* key) const {
    expect_object();
    const auto found = value_->find(key);
    if (found == value_->end() || found->is_null()) return std::nullopt;
    return ReplyField(*found, path_ + "." + key);
}

bool ReplyField::is_null() const {
    return value_->is_null();
}

void ReplyField::expect_object() const {
    if (!value_->is_object()) throw wrong("an object");
}

std::string ReplyField::text() const {
    if (!value_->is_string()) throw wrong("a text");
    return value_->get<std::string>();
}

std::int64_t ReplyField::number() const {
    if (!value_->is_number_integer()) throw wrong("a whole number");
    const bool fits =
        !value_->is_number_unsigned() || std::in_range<std::int64_t>(value_->get<std::uint64_t>());
    if (!fits) throw wrong("a number below 2^63");
    return value_->get<std::int64_t>();
}

bool ReplyField::truth() const {
    if (!value_->is_boolean()) throw wrong("true or false");
    return value_->get<bool>();
}

Time ReplyField::time() const {
    constexpr std::int64_t latest = 253'402'300'799;
    const std::int64_t seconds = number();
    if (seconds < -latest || seconds > latest) throw wrong("a time");
    return Time(std::chrono::seconds(seconds));
}

std::vector<std::pair<std::string, ReplyField>> ReplyField::members() const {
    std::vector<std::pair<std::string, ReplyField>> all;
    if (value_->is_null()) return all;
    expect_object();
    for (const auto& [key, value] : value_->items())
        all.emplace_back(key, ReplyField(value, path_ + "." + key));
    return all;
}

std::vector<ReplyField> ReplyField::elements() const {
    std::vector<ReplyField> all;
    if (value_->is_null()) return all;
    if (!value_->is_array()) throw wrong("a list");
    for (const auto& value : *value_)
        all.emplace_back(value, path_ + "[" + std::to_string(all.size()) + "]");
    return all;
}

ReplyField::Unexpected ReplyField::wrong(const char* expected) const {
    const std::string place = path_.empty() ? "the reply" : path_ + " in the reply";
    return {place + " is " + value_->type_name() + " where " + expected + " was expected"};
}

std::optional<Fault> parse_reply(std::string_view text,
                                 const std::function<void(const ReplyField&)>& read) {
    try {
        // The parser would take a NUL for the end and ignore what follows.
        if (text.find('\0') != std::string_view::npos) {
            throw ReplyField::Unexpected{"the reply holds a NUL"};
        }
        const auto json = nlohmann::json::parse(text, accept_level, false);
        if (json.is_discarded()) {
            throw ReplyField::Unexpected{"the reply is not JSON, or was cut"};
        }
        read(ReplyField(json));
        return std::nullopt;
    } catch (const ReplyField::Unexpected& unexpected) {
        return Fault{FaultKind::unavailable, unexpected.what};
    } catch (const std::exception& error) {
        return Fault{FaultKind::unavailable, std::string("the reply is too much: ") + error.what()};
    }
}

}  // namespace roundhouse
