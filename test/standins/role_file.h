// Gluetun's auth/config.toml, as far as it is written for roundhouse.
#pragma once

#include <string>

#include "gluetun_routes.h"

namespace standin {

// The only role of a file: [[roles]] with name, routes, auth and what that takes, each on a line of
// its own. Throws std::runtime_error with the line that is not understood: Gluetun, too, refuses to
// start with an unknown field, an unknown way or a route that its release does not have.
Role parse_role_file(const std::string& text, Profile profile);

}  // namespace standin
