// A server on a plain socket that does what a test's script says, however badly.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "edge/system/unique_fd.h"

namespace roundhouse {

// One accepted connection. Used by its script's thread.
class ServedConnection {
  public:
    explicit ServedConnection(int fd) : fd_(fd) {}

    // The next request with its head and body. Empty: there is none, the other side has closed.
    std::string read_request();
    // false: the other side has closed.
    bool send(std::string_view bytes);
    // Until the other side closes, or the server ends.
    void wait_until_closed();
    void close();

  private:
    bool receive();

    int fd_;
    std::string received_;
};

class ScriptedServer {
  public:
    // Runs once for each connection, in a thread of its own; the connection is closed after it.
    using Script = std::function<void(ServedConnection&)>;

    // On 127.0.0.1, at a port of the kernel's choice.
    explicit ScriptedServer(Script script);
    // On a Unix socket.
    ScriptedServer(const std::string& socket_path, Script script);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    int port() const { return port_; }
    int connections() const;

  private:
    void serve();

    Script script_;
    UniqueFd listener_;
    int port_ = 0;
    mutable std::mutex mutex_;  // guards what follows
    bool ending_ = false;
    std::vector<int> accepted_;
    std::list<std::jthread> scripts_;
    std::jthread acceptor_;
};

// "HTTP/1.1 <status> ..." with the body and its right length.
std::string http_reply(int status, std::string_view body,
                       std::string_view type = "application/json");

// A chunk of a reply that began with chunked_head; the empty one ends it.
std::string http_chunk(std::string_view bytes);
inline constexpr std::string_view chunked_head =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace roundhouse
