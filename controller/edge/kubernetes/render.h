// An EnginePool as Kubernetes manifests.
#pragma once

#include <string>
#include <string_view>

#include "core/spec.h"
#include "edge/kubernetes/options.h"

namespace roundhouse {

// YAML documents: the pool's ConfigMap, a Service over all agents, and for each gateway a Service
// and a Deployment of one Pod. The same input gives the same bytes. `pool_text` is the text that
// `pool` was read from: the ConfigMap keeps it with its comments. The pool has passed check_pod()
// (edge/kubernetes/rules) with the same options.
std::string render_kubernetes(const EnginePool& pool, std::string_view pool_text,
                              const RenderOptions& options);

}  // namespace roundhouse
