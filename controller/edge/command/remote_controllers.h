// Asks other controllers for their engines, every second.
#pragma once

#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "core/balance.h"
#include "edge/client/transfers.h"
#include "edge/command/upstream.h"
#include "edge/gluetun/name_lookup.h"
#include "loop/clock.h"
#include "loop/journal.h"
#include "loop/result.h"

namespace roundhouse {

class RemoteControllers {
  public:
    // A controller that gave no good answer for so long is left out.
    static constexpr Duration left_out_after = std::chrono::seconds(10);

    // The clock and the journal must outlive it. `api_key_file` is empty, or the file with the key
    // of all the controllers; it is read for each request.
    RemoteControllers(std::vector<Upstream> from, std::string api_key_file, const Clock& clock,
                      Journal& journal)
        : from_(std::move(from)),
          api_key_file_(std::move(api_key_file)),
          clock_(clock),
          journal_(journal) {}

    // Asks until `stop` is requested. Logs when a controller's answers begin, fail or end.
    void run(const std::stop_token& stop);

    // The engines that are ready. Any thread.
    std::vector<EngineOffer> engines() const;
    // What each controller said last, on one line. Any thread.
    std::string what_they_said() const;

  private:
    struct Controller {
        std::vector<EngineOffer> engines;
        Monotonic answered{};  // the last good answer
        bool has_answered = false;
        std::string problem;  // of the last answer; empty: none
    };

    // URL of a controller -> the host by which clients know its machine.
    using Targets = std::map<std::string, std::string>;

    Targets find_targets();
    void ask(const Targets& targets, const std::stop_token& stop);
    void take(const std::string& url, const std::string& machine, const HttpReply& reply);
    void note(const std::string& url, Result<std::vector<EngineOffer>> answer);
    bool is_fresh(const Controller& controller) const;
    void forget_old(const Targets& targets);

    const std::vector<Upstream> from_;
    const std::string api_key_file_;
    const Clock& clock_;
    Journal& journal_;
    NameLookup names_;
    HttpTransfers transfers_;
    mutable std::mutex mutex_;                       // guards what follows
    std::map<std::string, Controller> controllers_;  // by URL, or by the name that has no address
};

}  // namespace roundhouse
