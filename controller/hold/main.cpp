// The helper of engine containers. It is static and needs nothing of the image that it runs in.
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "hold/holder.h"
#include "hold/install.h"
#include "hold/supervise.h"

namespace {

using namespace roundhouse;

constexpr int bad_usage = 78;
constexpr int most_slots = 1000;

constexpr const char* usage =
    "usage: hold --slot N [--slots DIR]          run the engine of a slot, as its files say\n"
    "       hold --install DIR --slots DIR --count K\n"
    "                                            copy this program, prepare the slots 0 to K-1\n"
    "       hold --supervise -- PROGRAM [ARG...]  start the program again whenever it ends\n"
    "The folder of the slots is /slots by default.\n";

struct Arguments {
    const char* slot = nullptr;
    const char* slots = "/slots";
    const char* programs = nullptr;
    const char* count = nullptr;
    char** supervised = nullptr;
};

int refuse(const char* word) {
    ::dprintf(STDERR_FILENO, "hold: %s: not understood\n%s", word, usage);
    return bad_usage;
}

// A number below `limit`; -1: it is none.
int number_of(const char* word, int limit) {
    int number = -1;
    const char* end = word + std::strlen(word);
    const auto read = std::from_chars(word, end, number);
    const bool is_number = read.ec == std::errc() && read.ptr == end;
    return is_number && number >= 0 && number < limit ? number : -1;
}

// Returns the word that is not understood; a null pointer: there is none.
const char* parse(char** words, Arguments& arguments) {
    for (; *words != nullptr; ++words) {
        const std::string_view flag = *words;
        if (flag == "--supervise") {
            const bool is_whole =
                words[1] != nullptr && std::strcmp(words[1], "--") == 0 && words[2] != nullptr;
            if (!is_whole) return *words;
            arguments.supervised = words + 2;
            return nullptr;
        }
        const char** value = flag == "--slot"      ? &arguments.slot
                             : flag == "--slots"   ? &arguments.slots
                             : flag == "--install" ? &arguments.programs
                             : flag == "--count"   ? &arguments.count
                                                   : nullptr;
        if (value == nullptr || words[1] == nullptr) return *words;
        *value = *++words;
    }
    return nullptr;
}

}  // namespace

int main(int /*argc*/, char** argv) {
    Arguments arguments;
    if (const char* word = parse(argv + 1, arguments)) return refuse(word);
    if (arguments.supervised != nullptr) return supervise(arguments.supervised);
    if (arguments.programs != nullptr) {
        const char* word = arguments.count == nullptr ? "--install" : arguments.count;
        const int count = number_of(word, most_slots + 1);
        return count < 0 ? refuse(word) : install(arguments.programs, arguments.slots, count);
    }
    if (arguments.slot == nullptr) return refuse("no command");
    if (number_of(arguments.slot, most_slots) < 0) return refuse(arguments.slot);
    return hold_slot(arguments.slots, arguments.slot);
}
