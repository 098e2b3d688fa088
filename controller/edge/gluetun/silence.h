// What may be wrong where a control server gives no reply.
#pragma once

#include <string>
#include <vector>

#include "edge/system/own_networks.h"

namespace roundhouse {

// Whether `ip` is in one of `own`. true if `own` is empty: it is not known then.
bool is_on_network_of(const std::string& ip, const std::vector<OwnNetwork>& own);

// What to check, as the end of a sentence: the networks, if `ip` is in none of `own`, else
// `otherwise`.
std::string advice_on_silence(const std::string& ip, const std::vector<OwnNetwork>& own,
                              const std::string& otherwise);

}  // namespace roundhouse
