// Shows the files of a folder to a target, without any fuzzer: replay TARGET FOLDER.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "fuzz/targets.h"

namespace {

using namespace roundhouse::fuzz;
namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Whether everything held.
bool show(const Target& target, const fs::path& path) {
    std::cout << path.string() << std::endl;  // at once: it may be the last word
    try {
        target.examine(bytes_of(path));
        return true;
    } catch (const std::exception& broken) {
        std::cout << "does not hold: " << broken.what() << "\n";
        return false;
    }
}

}  // namespace

int main(int count, char** words) {
    const std::string name = count == 3 ? words[1] : "";
    const auto* const target = std::ranges::find(targets, name, &Target::name);
    if (target == targets.end()) {
        std::cerr << "usage: fuzz_corpus spec|docker|gluetun|http FOLDER\n";
        return EXIT_FAILURE;
    }
    int shown = 0;
    int broken = 0;
    for (const auto& entry : fs::directory_iterator(words[2])) {
        shown += 1;
        broken += show(*target, entry.path()) ? 0 : 1;
    }
    std::cout << shown << " files, " << broken << " broken\n";
    return shown > 0 && broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
