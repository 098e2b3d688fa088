// The little of busybox's wget that commands of Gluetun need.
#pragma once

#include <string>
#include <vector>

namespace standin {

// Takes -q, -O-, -T SECONDS, --header TEXT, --post-data TEXT and one URL of an IPv4 address, in the
// ways busybox does. Prints the body. Returns wget's exit code: 0 if the status is 2xx, else 1.
int fetch(const std::vector<std::string>& arguments);

}  // namespace standin
