#include "edge/system/version.h"

namespace roundhouse {

// The definitions come from CMakeLists.txt.
std::string version() {
    return ROUNDHOUSE_VERSION;
}
std::string commit() {
    return ROUNDHOUSE_COMMIT;
}
std::string libraries() {
    return ROUNDHOUSE_LIBRARIES;
}

}  // namespace roundhouse
