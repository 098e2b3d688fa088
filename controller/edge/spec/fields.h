// The table of the spec's fields. It drives reading, defaults and checks, and generates the JSON
// Schema and the table in manifests/spec.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edge/spec/value_kinds.h"

namespace roundhouse {

struct Field {
    enum class Shape {
        value,    // `kind` reads it
        section,  // a mapping of the fields whose paths begin with this one
        items,    // a list of sections; the paths of their fields begin with this one and "[]"
    };

    std::string path;  // "spec.gateways[].host"
    // What applies if the spec leaves the field out: `required`, a phrase for users, or empty for
    // the value that a new draft holds (core/spec.h).
    std::string when_absent;
    Shape shape = Shape::value;
    ValueKind kind;
    std::string description;

    std::string_view name() const;   // "host"
    std::string_view owner() const;  // "spec.gateways[]"
};

inline constexpr const char* required = "required";

// In the order of the documentation: a section comes before its fields.
const std::vector<Field>& spec_fields();

// The fields directly in one section ("" for the document itself).
std::vector<const Field*> fields_of(std::string_view owner);

}  // namespace roundhouse
