// A value in a reply of Docker's that knows where it stands, and how a reply is parsed.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.h"
#include "loop/result.h"

namespace roundhouse {

// A value in a reply, and its path: ".State.ExitCode". What it is not asked for does not matter;
// where it is something else than asked for, Unexpected is thrown.
class ReplyField {
  public:
    // A reply that Docker does not write.
    struct Unexpected {
        std::string what;  // the end of a sentence: "the reply lacks .State.ExitCode"
    };

    explicit ReplyField(const nlohmann::json& value, std::string path = "")
        : value_(&value), path_(std::move(path)) {}

    const std::string& path() const { return path_; }

    ReplyField at(const char* key) const;
    // nullopt when it is missing or null.
    std::optional<ReplyField> maybe(const char* key) const;

    bool is_null() const;
    void expect_object() const;
    std::string text() const;
    std::int64_t number() const;
    bool truth() const;
    // From seconds since 1970, up to the year 9999.
    Time time() const;
    // Go writes an empty map or list as null.
    std::vector<std::pair<std::string, ReplyField>> members() const;
    std::vector<ReplyField> elements() const;

  private:
    Unexpected wrong(const char* expected) const;

    const nlohmann::json* value_;
    std::string path_;
};

// Parses `text` and passes it to `read`. Returns what could not be understood; nullopt: nothing.
std::optional<Fault> parse_reply(std::string_view text,
                                 const std::function<void(const ReplyField&)>& read);

// Calls `read`, and returns what it could not understand; empty: nothing.
template <class Read>
std::string trouble_of(const Read& read) {
    try {
        read();
        return "";
    } catch (const ReplyField::Unexpected& unexpected) {
        return unexpected.what;
    }
}

}  // namespace roundhouse
