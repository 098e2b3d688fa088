#include "edge/system/machine_name.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace roundhouse;

TEST_CASE("this machine's name is the kernel's, and a container is known by its mark") {
    std::string name;
    std::ifstream("/proc/sys/kernel/hostname") >> name;
    CHECK(machine_name() == name);
    const bool marked =
        std::filesystem::exists("/.dockerenv") || std::filesystem::exists("/run/.containerenv");
    CHECK(runs_in_container() == marked);
}
