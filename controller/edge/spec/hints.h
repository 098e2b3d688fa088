// Advice about fields that people bring from Compose, Kubernetes and the docker command, and that a
// spec leaves out on purpose.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace roundhouse {

// Why the section `owner` ("spec.template") has no field `name`, and what to do instead; nullopt
// where there is nothing special to say. Upper case, '_' and '-' in `name` make no difference.
std::optional<std::string> hint_for(std::string_view owner, std::string_view name);

}  // namespace roundhouse
