// Pools as text, and what a Pod makes of them.
#pragma once

#include <string>

#include "edge/kubernetes/render.h"
#include "edge/kubernetes/rules.h"
#include "unit/spec/help.h"

namespace roundhouse {

inline Manifest parse_for_pod(const std::string& text, const RenderOptions& options = {}) {
    return parse_manifest({{"engines.yaml", text}}, {},
                          [&](SpecDraft& draft) { check_pod(draft, options); });
}

inline std::string rendered(const std::string& text, RenderOptions options = {}) {
    if (options.image.empty()) options.image = "roundhouse:1";
    const Manifest manifest = parse_for_pod(text, options);
    if (!manifest.pool) return "refused: " + shown(manifest.errors);
    return render_kubernetes(*manifest.pool, text, options);
}

// The lines begin at 8:3, those of the template below at 10:5.
inline std::string two_gateways_with(const std::string& lines) {
    return spec_with("gateways: [gluetun-a, gluetun-b]\n" + lines);
}

}  // namespace roundhouse
