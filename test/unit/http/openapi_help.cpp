#include "unit/http/openapi_help.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <charconv>

#include "core/time.h"
#include "edge/http/request_parts.h"
#include "edge/text/json.h"
#include "unit/http/api_help.h"

namespace roundhouse::test {

namespace {

const YamlNode& member(const YamlNode& map, std::string_view key) {
    static const YamlNode none;
    const auto found = std::ranges::find(map.children, key, &YamlNode::key);
    return found == map.children.end() ? none : *found;
}

const std::string& text_of(const YamlNode& map, std::string_view key) {
    return member(map, key).text;
}

bool has(const YamlNode& map, std::string_view key) {
    return std::ranges::find(map.children, key, &YamlNode::key) != map.children.end();
}

bool lists(const YamlNode& list, const std::string& text) {
    return std::ranges::find(list.children, text, &YamlNode::text) != list.children.end();
}

template <class Number>
bool reads_as(const YamlNode& value) {
    Number number{};
    const char* end = value.text.data() + value.text.size();
    const auto [stop, problem] = std::from_chars(value.text.data(), end, number);
    return value.is_plain() && problem == std::errc{} && stop == end;
}

bool is_of_type(const YamlNode& value, const std::string& type) {
    using Kind = YamlNode::Kind;
    if (type == "object") return value.kind == Kind::map;
    if (type == "array") return value.kind == Kind::list;
    const bool is_boolean = value.is_plain() && (value.text == "true" || value.text == "false");
    if (type == "boolean") return is_boolean;
    if (type == "integer") return reads_as<std::int64_t>(value);
    if (type == "number") return reads_as<double>(value);
    return type == "string" && value.kind == Kind::scalar && !is_boolean &&
           !reads_as<double>(value);
}

double number_of(const YamlNode& node) {
    return std::stod(node.text);
}

// "GET" of "get", or the other way.
std::string in_other_case(std::string word) {
    for (char& letter : word)
        letter = static_cast<char>(letter ^ ' ');
    return word;
}

YamlNode text_node(const std::string& text) {
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.quoted = true;
    node.text = text;
    return node;
}

// Of YAML, or of JSON, which is YAML.
YamlNode parse(const std::string& text) {
    auto read = parse_yaml(text);
    for (const auto& problem : read.problems)
        FAIL("line " << problem.mark.line << ": " << problem.message);
    REQUIRE(read.documents.size() == 1);
    return std::move(read.documents.front());
}

// What a checker that does not know it would pass over.
void complain_of_unknown_words(const YamlNode& schema, const std::string& where,
                               Complaints& complaints) {
    static const std::set<std::string> known{
        "$ref",  "type", "format",  "properties", "required", "additionalProperties",
        "items", "enum", "minimum", "maximum",    "default",  "description"};
    for (const auto& word : schema.children) {
        if (!known.contains(word.key)) complaints += where + ": schema says " + word.key + "\n";
    }
}

}  // namespace

std::string media_type(const std::string& content_type) {
    return content_type.substr(0, content_type.find(';'));
}

OpenApi::OpenApi(const std::string& document, const std::string& schemas)
    : root_(parse(document)), schemas_(parse(schemas)) {}

// "#/components/responses/Ok", "openapi-schemas.yaml#/Pool", or "#/Pool" within that file.
const YamlNode& OpenApi::resolved(const YamlNode& node) const {
    const std::string& target = text_of(node, "$ref");
    if (target.empty()) return node;
    const std::string name = target.substr(target.rfind('/') + 1);
    const bool in_document = target.starts_with("#/components/responses/");
    const YamlNode& found =
        member(in_document ? member(member(root_, "components"), "responses") : schemas_, name);
    REQUIRE_MESSAGE(found.kind == YamlNode::Kind::map, target);
    return found;
}

std::string described_path(std::string_view target) {
    const std::string_view path = split_target(target).path;
    const std::string_view of_engine = "/api/v1/engines/{name}/drain";
    return std::string(variable_of(of_engine, path).empty() ? path : of_engine);
}

const YamlNode& OpenApi::operation(const Request& request) const {
    return member(member(member(root_, "paths"), described_path(request.target)),
                  in_other_case(request.method));
}

Complaints OpenApi::judge(const Request& request, const Response& response,
                          const std::string& component) const {
    const std::string status = std::to_string(response.status);
    const YamlNode& promised =
        component.empty() ? resolved(member(member(operation(request), "responses"), status))
                          : member(member(member(root_, "components"), "responses"), component);
    if (text_of(promised, "description").empty()) return status + " is not promised\n";
    Complaints complaints;
    for (const auto& header : member(promised, "headers").children) {
        const std::string value = header_of(response, header.key);
        if (value.empty()) complaints += header.key + " is not there\n";
        compare(member(header, "schema"), text_node(value), header.key, complaints);
    }
    const YamlNode& contents = member(promised, "content");
    if (request.method == "HEAD" || (contents.children.empty() && response.body.empty())) {
        return complaints;
    }
    const std::string type = media_type(response.content_type);
    const YamlNode& schema = member(member(contents, type), "schema");
    if (schema.children.empty()) {
        complaints += type + " is not promised\n";
    } else if (type == "application/json") {
        if (!is_json_object(response.body)) complaints += "the body is no JSON object\n";
        compare(schema, parse(response.body), "", complaints);
    } else {
        compare(schema, text_node(response.body), "", complaints);
    }
    return complaints;
}

Complaints OpenApi::judge_json(const std::string& schema, const std::string& json) const {
    Complaints complaints;
    compare(member(schemas_, schema), parse(json), "", complaints);
    return complaints;
}

void OpenApi::compare(const YamlNode& written, const YamlNode& value, const std::string& where,
                      Complaints& complaints) const {
    const YamlNode& schema = resolved(written);
    complain_of_unknown_words(schema, where, complaints);
    const std::string& type = text_of(schema, "type");
    if (!is_of_type(value, type)) {
        complaints += where + ": is no " + type + "\n";
        return;
    }
    const YamlNode& words = member(schema, "enum");
    if (!words.children.empty() && !lists(words, value.text)) {
        complaints += where + ": " + value.text + " is none of the words\n";
    }
    if (text_of(schema, "format") == "date-time" && !parse_time(value.text)) {
        complaints += where + ": is no time\n";
    }
    if (has(schema, "minimum") && number_of(value) < number_of(member(schema, "minimum"))) {
        complaints += where + ": is too small\n";
    }
    if (has(schema, "maximum") && number_of(value) > number_of(member(schema, "maximum"))) {
        complaints += where + ": is too large\n";
    }
    if (type == "object") compare_members(schema, value, where, complaints);
    for (std::size_t i = 0; type == "array" && i < value.children.size(); ++i) {
        compare(member(schema, "items"), value.children[i], where + "/" + std::to_string(i),
                complaints);
    }
}

// Members have to come in the order of the schema's properties.
void OpenApi::compare_members(const YamlNode& schema, const YamlNode& value,
                              const std::string& where, Complaints& complaints) const {
    if (text_of(schema, "additionalProperties") != "false") {
        complaints += where + ": schema allows anything\n";
    }
    for (const auto& name : member(schema, "required").children) {
        if (!has(value, name.text)) complaints += where + "/" + name.text + ": is missing\n";
    }
    const auto& properties = member(schema, "properties").children;
    auto next = properties.begin();
    for (const auto& each : value.children) {
        const std::string at = where + "/" + each.key;
        const auto known = std::ranges::find(properties, each.key, &YamlNode::key);
        if (known == properties.end()) {
            complaints += at + ": is not promised\n";
            continue;
        }
        if (known < next) complaints += at + ": comes too late\n";
        next = known;
        compare(*known, each, at, complaints);
    }
}

std::set<std::string> OpenApi::promises() const {
    std::set<std::string> all;
    for (const auto& path : member(root_, "paths").children) {
        for (const auto& operation : path.children) {
            for (const auto& status : member(operation, "responses").children) {
                const std::string promise =
                    in_other_case(operation.key) + " " + path.key + " " + status.key;
                const auto& contents = member(resolved(status), "content").children;
                for (const auto& content : contents)
                    all.insert(promise + " " + content.key);
                if (contents.empty()) all.insert(promise);
            }
        }
    }
    return all;
}

Complaints OpenApi::judge_examples() const {
    Complaints complaints;
    const auto judge_content = [&](const YamlNode& response, const std::string& where) {
        for (const auto& content : member(response, "content").children) {
            if (!has(content, "example")) continue;
            compare(member(content, "schema"), member(content, "example"), where, complaints);
        }
    };
    for (const auto& path : member(root_, "paths").children) {
        for (const auto& operation : path.children) {
            for (const auto& response : member(operation, "responses").children)
                judge_content(response, path.key);
        }
    }
    for (const auto& response : member(member(root_, "components"), "responses").children)
        judge_content(response, response.key);
    return complaints;
}

}  // namespace roundhouse::test
