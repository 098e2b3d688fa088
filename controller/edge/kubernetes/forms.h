// The manifests, with gaps for what the pool says (edge/kubernetes/fill).
#pragma once

namespace roundhouse {

// One for each pool.
extern const char* const pool_form;
extern const char* const agents_form;

// One for each gateway.
extern const char* const gateway_service_form;
extern const char* const deployment_form;

// One for each slot of a gateway: a container of the Deployment.
extern const char* const engine_form;

}  // namespace roundhouse
