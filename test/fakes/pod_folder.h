// The volumes of a Pod in a temporary folder, with holders as processes of this machine.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fakes/scripted_server.h"
#include "unit/temporary_folder.h"

namespace roundhouse {

class PodFolder {
  public:
    // As `hold --install` makes them; no holder runs yet.
    explicit PodFolder(int slots);
    ~PodFolder();
    PodFolder(const PodFolder&) = delete;
    PodFolder& operator=(const PodFolder&) = delete;

    // What a new sandbox does; with living holders, what an init container does that runs again.
    void install() const;

    void start_holder(int slot);
    void signal_holder(int slot, int signal) const;
    // Returns once it has ended.
    void end_holder(int slot, int signal);

    // The process of the slot's engine, which its holder has reported last.
    pid_t child(int slot) const;

    std::string slots() const { return folder_.path() + "/slots"; }
    std::string file(int slot, const std::string& name) const;
    std::string text(int slot, const std::string& name) const;
    void write(int slot, const std::string& name, const std::string& text) const;

    // The health server of the Pod's Gluetun: up or down.
    void set_gateway(bool up);
    int health_port() const { return health_port_; }

  private:
    TemporaryFolder folder_;
    int count_;
    std::map<int, pid_t> holders_;
    std::unique_ptr<ScriptedServer> health_;
    std::atomic<bool> up_ = true;
    int health_port_ = 0;
};

}  // namespace roundhouse
