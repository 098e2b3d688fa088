// The fields of the spec: one table, from which reading, defaults, checks, the JSON Schema and the
// README's table of fields come.
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
        items,    // a list of such sections; their paths begin with this one and "[]"
    };

    std::string path;  // "spec.gateways[].host"
    // What holds where the spec is silent: `required` (nothing does), a phrase for the reader, or
    // empty for the value that a new draft holds in this place (core/spec.h).
    std::string when_absent;
    Shape shape = Shape::value;
    ValueKind kind;
    std::string description;

    std::string_view name() const;   // "host"
    std::string_view owner() const;  // "spec.gateways[]"
};

inline constexpr const char* required = "required";

// In the order in which a reader meets them: a section goes before its fields.
const std::vector<Field>& spec_fields();

// The fields of one section ("" for the outermost).
std::vector<const Field*> fields_of(std::string_view owner);

}  // namespace roundhouse
