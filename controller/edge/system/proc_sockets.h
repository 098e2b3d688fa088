// The SocketTables over a mounted procfs.
#pragma once

#include <string>

#include "loop/socket_tables.h"

namespace roundhouse {

class ProcSockets : public SocketTables {
  public:
    // `procfs` is where the host's process table is readable: "/proc", or "/host/proc" in a
    // container.
    explicit ProcSockets(std::string procfs) : procfs_(std::move(procfs)) {}

    Result<std::vector<SocketRow>> read(const ContainerProcess& process,
                                        const std::set<int>& ports) override;
    std::string count(const ContainerProcess& process) override;

  private:
    std::string procfs_;
};

// Those of the network namespace that this program is in, whichever process is asked for: in a Pod
// there is no other, and the processes of other containers are not visible.
class OwnSockets : public SocketTables {
  public:
    Result<std::vector<SocketRow>> read(const ContainerProcess& process,
                                        const std::set<int>& ports) override;
    std::string count(const ContainerProcess& process) override;
};

}  // namespace roundhouse
