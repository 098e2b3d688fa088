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

  private:
    std::string procfs_;
};

}  // namespace roundhouse
