// JSON (RFC 8259): one type, and how it is written and parsed everywhere. A .cpp file that reads or
// makes values includes <nlohmann/json.hpp>, too; a header includes only this file.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "loop/result.h"

namespace roundhouse {

// Members keep the order in which they were added. Finding one takes time linear in their number.
using Json = nlohmann::ordered_json;

// Control characters, DEL and C1 included, are escaped, so the text does no harm on a terminal.
// Other characters stay readable; bytes that are not UTF-8 become U+FFFD.
std::string one_line(const Json& value);
// With a member a line, two spaces a level, and a newline at the end.
std::string indented(const Json& value);

// `text` as a JSON string with its quotes.
std::string json_quote(std::string_view text);

// When members share a name, the last one counts. A text that is not JSON, is nested deeper than
// 100 levels or has an object of more than 1000 members gives a Fault (`unavailable`). Its message
// is the end of a sentence: "is not JSON (byte 17)". The caller bounds the size of `text`.
Result<Json> parse_json(std::string_view text);

// Whether parse_json() accepts `text` and makes an object of it.
bool is_json_object(std::string_view text);

// The member `key`; null when it is missing, or when `object` is something else.
const Json& member(const Json& object, std::string_view key);

// The member `key` as an array; an empty one when it is missing, or something else.
const Json& list_of(const Json& object, std::string_view key);

// The member `key` when it is a string, number or boolean, as text; "" otherwise.
std::string text_of(const Json& object, std::string_view key);

// Whether the member `key` is the boolean true.
bool is_true(const Json& object, std::string_view key);

}  // namespace roundhouse
