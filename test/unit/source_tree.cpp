#include "unit/source_tree.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

namespace roundhouse::test {

std::filesystem::path source_tree() {
    return ROUNDHOUSE_SOURCE_DIR;  // from CMakeLists.txt, for this file alone
}

std::string source_file(const std::string& path) {
    std::ifstream file(source_tree() / path);
    REQUIRE_MESSAGE(file.is_open(), path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace roundhouse::test
