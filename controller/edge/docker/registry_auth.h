// Credentials for a registry, from a config.json as `docker login` writes it.
#pragma once

#include <string>

#include "loop/result.h"

namespace roundhouse {

// The registry of an image: "ghcr.io", "registry:5000"; "docker.io" if the image names none.
std::string registry_of(const std::string& image);

// The value of the header X-Registry-Auth for a pull of `image`; empty if the file has no entry for
// its registry. Reads the file at each call. Any thread. The fault (`rejected`) names the file and
// what is wrong with it, such as a credential helper, but nothing of its contents besides names.
Result<std::string> registry_auth(const std::string& path, const std::string& image);

}  // namespace roundhouse
