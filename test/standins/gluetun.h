// The control server of Gluetun, as the releases answer. Facts: the sources of Gluetun,
// internal/server, at v3.38.1, v3.40.4, v3.41.1, and of 2026-05 for "master".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "gluetun_routes.h"

namespace standin {

// How long each part of a connection takes, each after the one before.
struct Delays {
    std::chrono::milliseconds stopping{0};  // the VPN that there was
    std::chrono::milliseconds ip{0};        // until the public IP is known, while the VPN runs
    std::chrono::milliseconds ports{0};
};

class Gluetun {
  public:
    using Time = std::chrono::steady_clock::time_point;

    Profile profile = Profile::v3_41;
    std::optional<Role> role;            // nullopt: none is configured
    std::string vpn_type = "openvpn";    // or "wireguard"
    std::string vpn_status = "running";  // any of Gluetun's words
    std::string public_ip = "192.0.2.1";
    // What is forwarded while the VPN runs; a stopped VPN has no port and no public IP.
    std::vector<int> ports;
    bool forwarding_ever_started = true;  // false: master answers "ports":null

    // From `now` on every port is one higher each `interval`; zero stops that.
    void rotate(std::chrono::milliseconds interval, Time now);

    // The VPN connects anew: it is stopping first, then it runs, then its public IP is known, then
    // its ports are.
    void reconnect(const Delays& delays, Time now);

    // Ascending; empty while the VPN does not forward any.
    std::vector<int> forwarded_at(Time now) const;
    // The ports at `now`, ascending, be they forwarded or not.
    std::vector<int> ports_at(Time now) const;

    Response answer(const Request& request, Time now);

  private:
    Response answer_v0(const Request& request, const std::string& uri) const;
    Response answer_v1(const Request& request, const std::string& uri, Time now);
    Response answer_vpn(const Request& request, const std::string& uri, Time now);
    Response answer_openvpn(const Request& request, const std::string& uri, Time now);
    Response answer_portforward(const Request& request, Time now);
    Response set_status(const std::string& body);
    Response set_ports(const std::string& body);
    std::string ports_body(Time now) const;
    std::string status_at(Time now) const;
    std::string public_ip_body(Time now) const;

    std::chrono::milliseconds rotation_interval_{0};
    Time rotation_begin_;
    Time runs_from_;
    Time ip_from_;
    Time ports_from_;
};

}  // namespace standin
