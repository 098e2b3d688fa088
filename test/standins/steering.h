// How tests steer the stand-in gateway: PUT requests on a port of its own. README.md lists them.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "gluetun.h"
#include "http_server.h"
#include "port_commands.h"

namespace standin {

// What is wrong with the control server.
struct Fault {
    std::string word = {};  // empty: nothing
    std::string path = {};  // the only path that has it; empty: all have
};

class Steering {
  public:
    // `server` already serves the control server on `control_port`.
    Steering(Gluetun& gluetun, PortCommands& commands, HttpServer& server, int control_port);

    // Until then the health check fails, as it does while Gluetun starts.
    void healthy_from(Gluetun::Time moment) { healthy_from_ = moment; }

    Response answer(const Request& request);

    // What the control server answers, with the fault that a test asked for.
    Response answer_control(const Request& request);

    // The answer to the health check of the image.
    Response answer_health() const;

  private:
    bool obey(const Request& request);
    bool reconnect(const std::string& body);
    bool set_fault(const Fault& fault);
    Response faulty(const Request& request);
    Response requests_seen() const;

    Gluetun& gluetun_;
    PortCommands& commands_;
    HttpServer& server_;
    int control_port_;
    std::string health_ = "healthy";
    Gluetun::Time healthy_from_;
    Fault fault_;
    std::map<std::string, std::string> verbatim_;  // path -> body that it answers with
    std::map<std::string, int> seen_;              // "METHOD /path STATUS" -> how often
};

// "4001,4002"; false: not a list of ports, and `gluetun` is left as it was.
bool set_ports(Gluetun& gluetun, const std::string& text);

// "100,2000,500": milliseconds; nullopt: not understood.
std::optional<Delays> parse_delays(const std::string& text);

// "GET /v1/portforward,GET /v1/vpn/status", or "all", for the role of `gluetun`, which gets one
// without credentials where it has none. False: a route that its version does not have.
bool set_routes(Gluetun& gluetun, const std::string& text);

}  // namespace standin
