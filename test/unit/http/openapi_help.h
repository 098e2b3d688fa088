// An OpenAPI document, and how far a response is what it says.
#pragma once

#include <set>
#include <string>

#include "edge/http/message.h"
#include "edge/spec/yaml_tree.h"

namespace roundhouse::test {

// Where values differ from a schema, a line each: "/items/0/port: is no integer\n".
using Complaints = std::string;

class OpenApi {
  public:
    // The schemas are of a file of their own, openapi-schemas.yaml.
    OpenApi(const std::string& document, const std::string& schemas);

    // The response against what is documented for this operation: its status, headers, content type
    // and body. Where `component` names a response, that is meant, whatever the operation.
    Complaints judge(const Request& request, const Response& response,
                     const std::string& component = "") const;

    // Against a schema by its name.
    Complaints judge_json(const std::string& schema, const std::string& json) const;

    // "GET /metrics 200 text/plain", of every operation; without a type where there is no content.
    std::set<std::string> promises() const;
    // The examples, against their schemas.
    Complaints judge_examples() const;

  private:
    const YamlNode& resolved(const YamlNode& node) const;
    const YamlNode& operation(const Request& request) const;
    void compare(const YamlNode& schema, const YamlNode& value, const std::string& where,
                 Complaints& complaints) const;
    void compare_members(const YamlNode& schema, const YamlNode& value, const std::string& where,
                         Complaints& complaints) const;

    YamlNode root_;
    YamlNode schemas_;
};

// The path under which the document describes a target: "/api/v1/engines/{name}/drain".
std::string described_path(std::string_view target);

// "text/plain" of "text/plain; charset=utf-8".
std::string media_type(const std::string& content_type);

}  // namespace roundhouse::test
