// Descriptions of the spec for editors and readers, made from the table of fields.
#pragma once

#include <string>

namespace roundhouse {

// JSON Schema, draft 2020-12, as `roundhouse schema` prints it and editors use it.
std::string json_schema();

// A Markdown table with a row for each field: its name, value, default and meaning.
std::string field_table_markdown();

}  // namespace roundhouse
