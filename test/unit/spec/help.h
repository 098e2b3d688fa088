// Shared by the tests of specs: a small valid spec, and variations of it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "edge/spec/manifest.h"

namespace roundhouse {

inline Manifest parse(const std::string& text, const SpecDefaults& defaults = {}) {
    return parse_manifest({{"engines.yaml", text}}, defaults);
}

// A spec with these lines below `spec`, beside the required `replicas: 3`.
inline std::string spec_with(const std::string& lines) {
    std::string text =
        "apiVersion: roundhouse/v1\n"
        "kind: EnginePool\n"
        "metadata: {name: acestream}\n"
        "spec:\n"
        "  replicas: 3\n";
    std::size_t begin = 0;
    while (begin < lines.size()) {
        const std::size_t end = std::min(lines.find('\n', begin), lines.size());
        text += "  " + lines.substr(begin, end - begin) + "\n";
        begin = end + 1;
    }
    return text;
}

// The same behind a gateway; the lines begin at 7:3.
inline std::string gluetun_spec_with(const std::string& lines) {
    return spec_with("gateways: [gluetun]\n" + lines);
}

inline std::string template_with(const std::string& line) {
    return gluetun_spec_with("template:\n  " + line);
}

// All problems as users see them, one per line.
inline std::string shown(const std::vector<SpecProblem>& problems) {
    std::string text;
    for (const SpecProblem& problem : problems)
        text += to_string(problem) + "\n";
    return text;
}

inline bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace roundhouse
