// What a Pod was made for. Its containers cannot be changed: what the spec asks of them otherwise
// needs another Pod.
#pragma once

#include <string>

#include "core/spec.h"

namespace roundhouse {

struct PodShape {
    int slots = 0;
    std::string image;  // of its engines; empty: not known
    std::string hash;   // pod_hash() of the pool that it was made for; empty: not known
};

// Whether the spec asks for engines of another image than those that the Pod has.
bool asks_for_other_image(const EnginePool& declared, const PodShape& shape);

// What the spec asks of the Pod and it cannot give, and what to do, in one sentence; empty:
// nothing.
std::string pod_mismatch(const EnginePool& declared, const std::string& gateway,
                         const PodShape& shape);

// Takes out of a pool what the Pod's containers decide, so that no engine is replaced when only
// that changes, and names the image that its engines have.
void leave_to_pod(EnginePool& pool, const PodShape& shape);

}  // namespace roundhouse
