#include "entrypoints.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "environment.h"

namespace standin {

namespace {

using Words = std::vector<std::string>;

std::string name_of(const std::string& program) {
    return program.substr(program.rfind('/') + 1);
}

Words split(const std::string& text) {
    std::istringstream stream(text);
    Words words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

Words without_first(Words words, std::ptrdiff_t count = 1) {
    words.erase(words.begin(), words.begin() + std::min(count, std::ssize(words)));
    return words;
}

// krinkuto11/acestream-http-proxy: variables, and no arguments.
Words options_of_variables() {
    Words words{"start-engine", "--client-console"};
    for (const auto& [variable, option] : {std::pair{"HTTP_PORT", "--http-port="},
                                           {"HTTPS_PORT", "--https-port="},
                                           {"P2P_PORT", "--port="},
                                           {"CACHE_LIMIT", "--cache-limit="}}) {
        const std::string value = text_from(variable);
        if (!value.empty()) words.push_back(option + value);
    }
    if (!text_from("BIND_ALL").empty()) words.emplace_back("--bind-all");
    return words;
}

// martinbjeldbak/acestream-http-proxy: arguments, and no variables for ports.
Words options_of_arguments(const Words& arguments) {
    Words words{"start-engine", "--client-console"};
    if (text_from("ALLOW_REMOTE_ACCESS") == "yes") words.emplace_back("--bind-all");
    for (const auto& flag : split(text_from("EXTRA_FLAGS")))
        words.push_back(flag);
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
}

// What these images give to a shell: a line that ends in the engine, with one variable.
Words command_of_script(std::string script) {
    const std::string variable = "${ACESTREAM_ARGS}";
    if (const auto at = script.find(variable); at != std::string::npos) {
        script.replace(at, variable.size(), text_from("ACESTREAM_ARGS"));
    }
    Words words = split(script);
    const auto engine = std::ranges::find_if(
        words, [](const std::string& word) { return name_of(word) == "start-engine"; });
    if (engine == words.end()) throw std::runtime_error("sh: no engine in: " + script);
    return {engine, words.end()};
}

}  // namespace

Invocation resolve(Words words) {
    while (!words.empty()) {
        const std::string name = name_of(words.front());
        if (name == "catatonit") {
            words = without_first(words, words.size() > 1 && words[1] == "--" ? 2 : 1);
        } else if (name == "entrypoint-of-variables.sh") {
            words = options_of_variables();
        } else if (name == "entrypoint-of-arguments.sh") {
            words = options_of_arguments(without_first(words));
        } else if (name == "sh" && words.size() > 2 && words[1] == "-c") {
            words = command_of_script(words[2]);
        } else if (name == "start-engine" || name == "acestreamengine") {
            if (!has_option(words, "--client-console"))
                throw std::runtime_error(name + ": no display, and no --client-console");
            return {false, without_first(words)};
        } else if (name == "python" && words.size() > 1 && words[1] == "main.py") {
            return {false, without_first(words, 2)};
        } else if (name.ends_with("engine")) {
            return {true, without_first(words)};
        } else {
            throw std::runtime_error(words.front() + ": not found");
        }
    }
    throw std::runtime_error("no command");
}

int number_option(const Words& options, const std::string& name, int otherwise) {
    int value = otherwise;
    for (std::size_t i = 0; i < options.size(); ++i) {
        const std::string& option = options[i];
        if (option.starts_with(name + "=")) value = std::stoi(option.substr(name.size() + 1));
        if (option == name && i + 1 < options.size()) value = std::stoi(options[i + 1]);
    }
    return value;
}

bool has_option(const Words& options, const std::string& name) {
    return std::ranges::find(options, name) != options.end();
}

}  // namespace standin
