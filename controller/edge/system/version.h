// The version of this build.
#pragma once

#include <string>

namespace roundhouse {

std::string version();    // "0.1.0"
std::string commit();     // twelve hex digits, or "unknown"
std::string libraries();  // "libcurl 7.88.1, yaml-cpp 0.7.0, ..."

}  // namespace roundhouse
