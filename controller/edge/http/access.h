// Who may use the HTTP API: clients with the key, or without a configured key everybody but web
// pages of others that a browser on this network has open.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "edge/http/message.h"

namespace roundhouse {

struct AccessRules {
    std::string api_key_file;  // empty: no key is required
    // Without a key, the API answers under these names, IP addresses and localhost. Lower case.
    std::vector<std::string> host_names;
};

// What a path requires.
enum class Access {
    open,  // nothing: health checks
    page,  // without a key, a known host
    data,  // the key, or without one a known host
};

// 401, or 403 for an unknown host: the name in a page's URL can be made to mean this controller's
// address (DNS rebinding), but no page can change which name its browser sends. nullopt: the
// request may pass. The key is read for each request, so that it can be changed without a restart.
std::optional<Response> access_error(const AccessRules& rules, Access access,
                                     const Request& request);

// 403 for a request that a web page of another origin has made a browser send; nullopt otherwise.
std::optional<Response> origin_error(const Request& request);

}  // namespace roundhouse
