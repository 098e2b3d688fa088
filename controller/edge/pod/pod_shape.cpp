#include "edge/pod/pod_shape.h"

#include "core/fingerprint.h"
#include "core/share.h"

namespace roundhouse {

bool asks_for_other_image(const EnginePool& declared, const PodShape& shape) {
    return !shape.image.empty() && declared.engine_template.image != shape.image;
}

std::string pod_mismatch(const EnginePool& declared, const std::string& gateway,
                         const PodShape& shape) {
    const int share = share_of(declared, gateway);
    std::string why;
    if (asks_for_other_image(declared, shape)) {
        why = "the engines of this Pod are of " + shape.image + ", not of " +
              declared.engine_template.image;
    } else if (!shape.hash.empty() && pod_hash(declared, gateway) != shape.hash) {
        why = "this Pod was made for other volumes, tmpfs, resources, user, stopTimeout or ports";
    } else if (share > shape.slots) {
        why = "this Pod has " + std::to_string(shape.slots) + " slots for " +
              std::to_string(share) + " engines";
    }
    if (why.empty()) return "";
    return why + ": render the pool again and apply that; the VPN of " + gateway +
           " then reconnects";
}

void leave_to_pod(EnginePool& pool, const PodShape& shape) {
    EngineTemplate& engines = pool.engine_template;
    if (!shape.image.empty()) engines.image = shape.image;
    engines.volumes.clear();
    engines.tmpfs.clear();
    engines.resources = {};
    engines.user.clear();
}

}  // namespace roundhouse
