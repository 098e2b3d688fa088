// The port to the socket tables of network namespaces: who is connected to which engine.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "loop/own_connections.h"
#include "loop/result.h"

namespace roundhouse {

// Whose namespace: that of a container's first process.
struct ContainerProcess {
    std::string container_id;
    std::int64_t pid = 0;  // as Docker tells it; 0: it tells none

    bool operator==(const ContainerProcess&) const = default;
};

// One TCP socket on a port of that namespace, as its kernel sees it.
struct SocketRow {
    enum class State {
        listening,  // for peers from anywhere: not on a loopback address

        established,
        half_closed,  // one side has closed it, and the other has not
        ended,        // both have: TIME_WAIT
    };

    State state = State::established;
    int port = 0;           // of the namespace's side
    Endpoint peer;          // of connections
    Duration ended_for{0};  // of State::ended

    bool operator==(const SocketRow&) const = default;
};

class SocketTables {
  public:
    virtual ~SocketTables() = default;

    // The sockets that listen on `ports` in that namespace, and the connections to them, each once,
    // in any order. Does not block. Faults: `gone`: there is no such process (any more), or it is
    // another container's; `rejected`: the table cannot be read here. Their message is the end of a
    // sentence on the engine's sessions, and says what to do. Any thread.
    virtual Result<std::vector<SocketRow>> read(const ContainerProcess& process,
                                                const std::set<int>& ports) = 0;

    // How many TCP sockets there are in that namespace, in any words: another text shows that
    // connections have come or gone. Cheap, while a read makes the kernel walk through the
    // connections of the whole machine. Empty: not known. Any thread.
    virtual std::string count(const ContainerProcess& process) = 0;
};

}  // namespace roundhouse
