// The files of the source tree that tests compare the program with.
#pragma once

#include <filesystem>
#include <string>

namespace roundhouse::test {

// The top of the source tree.
std::filesystem::path source_tree();

// The text of a file below it, such as "manifests/openapi.yaml". A missing file fails the test.
std::string source_file(const std::string& path);

}  // namespace roundhouse::test
