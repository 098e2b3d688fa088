#include "edge/system/machine_name.h"

#include <unistd.h>

#include <array>
#include <climits>

namespace roundhouse {

std::string machine_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

bool runs_in_container() {
    return ::access("/.dockerenv", F_OK) == 0 || ::access("/run/.containerenv", F_OK) == 0;
}

}  // namespace roundhouse
