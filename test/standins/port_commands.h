// The commands that Gluetun runs when ports are forwarded, and before they are gone
// (VPN_PORT_FORWARDING_UP_COMMAND and VPN_PORT_FORWARDING_DOWN_COMMAND, from v3.40).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "gluetun.h"

namespace standin {

class PortCommands {
  public:
    // Either may be empty: nothing is run then.
    PortCommands(Gluetun& gluetun, std::string up, std::string down)
        : gluetun_(gluetun), up_(std::move(up)), down_(std::move(down)) {}

    // The VPN connects anew, once the down command has ended: until then the ports stay.
    void reconnect(const Delays& delays, Gluetun::Time now);

    // Begins and ends what is due; to be called within each `longest_pause`.
    void turn(Gluetun::Time now);
    std::chrono::milliseconds longest_pause() const;

  private:
    void run(const std::string& command);
    void reap();

    Gluetun& gluetun_;
    std::string up_;
    std::string down_;
    pid_t child_ = -1;             // of the command that runs
    std::optional<Delays> due_;    // waits for the down command
    std::vector<int> told_ports_;  // that the up command was run for
};

// The words of a command, as a shell splits them: quotes group, nothing is expanded.
std::vector<std::string> words_of(const std::string& command);

}  // namespace standin
