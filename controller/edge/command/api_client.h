// Asks the HTTP API of controllers that run.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/host_port.h"
#include "edge/client/transfers.h"
#include "edge/command/command_line.h"
#include "edge/command/environment.h"
#include "edge/command/many_replies.h"
#include "edge/gluetun/name_lookup.h"

namespace roundhouse {

// Why there is no answer, and the exit code for it.
struct ApiFailure {
    int exit_code = 0;
    std::string message;
};

// Requests one resource, of the controller that --server names, or of one at each address of the
// name in dns:NAME:PORT. One thread.
class ApiClient {
  public:
    ApiClient(const CommandLine& line, const Environment& environment);

    // The reply, or for a name the replies as one (many_replies.h). nullptr where no controller
    // gives one: failure() says why.
    std::shared_ptr<const Json> ask();

    // Posts to `path`, without a body. One controller only: nothing is changed at all of a name.
    // Returns whether it was accepted; if not, failure() says why.
    bool post(const std::string& path);

    // A controller whose loop is stuck still answers; /healthz reports it. Of several, those that
    // answer count.
    bool loop_is_alive();

    const ApiFailure& failure() const { return failure_; }

  private:
    struct Target {
        std::string address;
        std::string base;  // of a URL
    };

    std::shared_ptr<const Json> ask_one(const std::string& key);
    std::shared_ptr<const Json> ask_many(const std::string& key);
    // What the controllers that answer are called.
    void find_names(const std::vector<Target>& where, const std::string& key,
                    std::vector<ControllerReply>& answers);
    // Where to ask now. Empty: failure() says why.
    std::vector<Target> targets();
    // One reply for each target, in the same order.
    std::vector<HttpReply> ask_all(const std::vector<Target>& targets, const std::string& path,
                                   const std::string& key, const char* method = "GET");
    Result<std::string> key() const;
    // What is wrong with a reply; nullopt: nothing.
    std::optional<ApiFailure> failure_of(const HttpReply& reply, const std::string& base) const;
    std::string key_problem() const;
    std::nullptr_t fail(int exit_code, std::string message);

    std::string base_;               // without a name
    std::optional<HostPort> named_;  // whose addresses are asked
    std::string path_;
    std::string key_file_;
    HttpTransfers transfers_;
    NameLookup names_;
    ApiFailure failure_;
};

}  // namespace roundhouse
