// How the images of real engines start their program: the stand-in is called by the name of a
// program or a script of such an image, and does with its arguments and variables what that does.
#pragma once

#include <string>
#include <vector>

namespace standin {

// How an engine is told its ports.
struct Invocation {
    bool takes_variables = false;  // HTTP_PORT and the like, as the plain stand-in does
    std::vector<std::string> options;
};

// What a call of `words`, the program first, comes to in the end. Throws std::runtime_error where
// the real image would not start.
Invocation resolve(std::vector<std::string> words);

// The last value of "--name=value" or "--name value"; `otherwise` if there is none.
int number_option(const std::vector<std::string>& options, const std::string& name, int otherwise);
bool has_option(const std::vector<std::string>& options, const std::string& name);

}  // namespace standin
