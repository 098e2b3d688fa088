// The IP networks that this process is on, as its network interfaces show.
#pragma once

#include <string>
#include <vector>

namespace roundhouse {

struct OwnNetwork {
    std::string address;    // of this process: "172.18.0.5", "fd00::5"
    int prefix_length = 0;  // 16 for 255.255.0.0
};

// Whether `ip` is in the network. false for what is no IP of the same family.
bool holds(const OwnNetwork& network, const std::string& ip);

// Empty if the system does not tell. Any thread.
std::vector<OwnNetwork> own_networks();

}  // namespace roundhouse
