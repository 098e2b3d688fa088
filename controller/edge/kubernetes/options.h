// What `roundhouse render kubernetes` is told besides the pool.
#pragma once

#include <string>

#include "core/spec.h"

namespace roundhouse {

struct RenderOptions {
    std::string name_space;  // of every object; empty: the one of whoever applies them
    std::string image;       // of roundhouse
    std::string gluetun_image = "qmcgaw/gluetun:v3.41.1";
    // The resource of a device plugin that gives Gluetun /dev/net/tun, "devic.es/tun"; empty: it
    // makes the device itself.
    std::string tun_resource;
    int slots_per_gateway = 0;  // 0: as many as the gateway has engines, at least one
    std::string gateway;        // the only one to render; empty: all, and what they share
    bool with_pool = true;      // the ConfigMap as well
};

// The number of engine containers in a gateway's Pod.
int slots_behind(const EnginePool& pool, const std::string& gateway, const RenderOptions& options);

// Ports of a Pod's network that are not the engines'.
inline constexpr int agent_port = 9190;
inline constexpr int balancer_port = 6878;
inline constexpr int health_port = 9999;  // Gluetun's health server

// The name of the Service over all agents.
std::string agents_name(const EnginePool& pool);

}  // namespace roundhouse
