#include "edge/command/many_tables.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "edge/command/terminal.h"
#include "edge/text/foreign_text.h"

namespace roundhouse {

namespace {

constexpr std::size_t longest_name = 63;
constexpr std::size_t longest_problem = 300;

std::string controller_of(const Json& item) {
    return cleaned(text_of(item, "controller"), longest_name);
}

// What is wrong with a controller; empty: nothing.
std::string problem_of(const Json& controller) {
    const std::string why = cleaned(text_of(controller, "problem"), longest_problem);
    if (why.empty()) return "";
    return is_true(controller, "answers") ? "cannot look at its engines: " + why : why;
}

// Names in front of lines.
class Margin {
  public:
    void add(std::string name, std::string line) {
        width_ = std::max(width_, name.size());
        lines_.push_back({std::move(name), std::move(line)});
    }

    std::string text() const {
        std::string all;
        for (const Line& each : lines_) {
            all += each.name + std::string(width_ - each.name.size() + 2, ' ') + each.text + "\n";
        }
        return all;
    }

  private:
    struct Line {
        std::string name;
        std::string text;
    };

    std::size_t width_ = 0;
    std::vector<Line> lines_;
};

std::string take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

std::string pools(const Json& reply, const TableStyle& style) {
    std::string text;
    for (const Json& pool : list_of(reply, "items")) {
        text += (text.empty() ? "" : "\n") + controller_of(pool) + ":\n" +
                as_table(Resource::pool, pool, style);
    }
    for (const Json& controller : list_of(reply, "controllers")) {
        const std::string problem = problem_of(controller);
        if (problem.empty()) continue;
        text += "\n" + controller_of(controller) + ": " +
                painted(problem, style.colours ? Colour::red : Colour::none) + "\n";
    }
    return text;
}

}  // namespace

std::string as_table_of_many(Resource resource, const Json& reply, const TableStyle& style) {
    if (resource == Resource::pool) return pools(reply, style);
    // Each item is one line below the header.
    const std::string table = as_table(resource, reply, style);
    std::string_view rest = table;
    Margin margin;
    margin.add("CONTROLLER", take_line(rest));
    for (const Json& item : list_of(reply, "items"))
        margin.add(controller_of(item), take_line(rest));
    for (const Json& controller : list_of(reply, "controllers")) {
        const std::string problem = problem_of(controller);
        if (problem.empty()) continue;
        margin.add(controller_of(controller),
                   painted(problem, style.colours ? Colour::red : Colour::none));
    }
    return margin.text();
}

}  // namespace roundhouse
