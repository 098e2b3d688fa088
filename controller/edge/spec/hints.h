// Advice about fields of Compose, Kubernetes and the docker command that a spec does not have, on
// purpose.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace roundhouse {

// Why the section `owner` ("spec.template") has no field `name`, and what to do instead; nullopt if
// there is no advice. Case, '_' and '-' in `name` make no difference.
std::optional<std::string> hint_for(std::string_view owner, std::string_view name);

}  // namespace roundhouse
