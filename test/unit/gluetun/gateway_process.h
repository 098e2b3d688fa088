// The stand-in gateway as a process of this machine, without a container (test/standins/README.md).
#pragma once

#include <sys/types.h>

#include <array>
#include <map>
#include <string>

#include "edge/system/unique_fd.h"

namespace roundhouse {

class GatewayProcess {
  public:
    using Environment = std::map<std::string, std::string>;

    // `environment`: variables beside those of its ports, such as GLUETUN_PROFILE. Returns
    // when it answers; throws when it does not.
    explicit GatewayProcess(const Environment& environment);
    ~GatewayProcess();
    GatewayProcess(const GatewayProcess&) = delete;
    GatewayProcess& operator=(const GatewayProcess&) = delete;

    // Of the control server, on 127.0.0.1.
    int port() const { return control_port_; }

    // PUT `path` with `text` to the steering port. Throws when the stand-in does not understand.
    void steer(const std::string& path, const std::string& text) const;

    // How often each route was asked, and how it was answered: {"GET /v1/portforward 200":1}
    std::string requests() const;

  private:
    bool start(const Environment& environment);
    bool comes_up() const;
    void end();
    // The body of the reply. Throws for any status but 200.
    std::string ask(const std::string& method, const std::string& path,
                    const std::string& text) const;

    std::array<UniqueFd, 3> claims_;  // of the ports, until the process has ended
    pid_t pid_ = -1;
    int control_port_ = 0;
    int steering_port_ = 0;
};

}  // namespace roundhouse
