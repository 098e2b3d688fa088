// The worlds that the contract cases run in: the fake in memory, what DOCKER_HOST names (a real
// Docker Engine or Podman), and a Pod of plain processes.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "edge/pod/runtime.h"
#include "fakes/fake_runtime.h"
#include "fakes/pod_folder.h"
#include "loop/runtime.h"

namespace roundhouse {

// What a case needs beside the Runtime itself: other people's hands. Everything that a world makes
// carries its pool's label or a name that begins with its pool's, and is gone at its end.
class World {
  public:
    virtual ~World() = default;

    virtual Runtime& runtime() = 0;
    // false: there is no such world here, and the case is to be skipped.
    virtual bool open() = 0;

    std::string pool() const { return pool_; }
    std::string gateway() const { return pool_ + "-gateway"; }
    virtual std::string image() const = 0;
    bool is_podman() { return runtime().about().name == "Podman"; }

    // Both return its id.
    std::string run_gateway() { return run_publishing_gateway(0); }
    virtual std::string run_publishing_gateway(int port) = 0;  // 0: none
    virtual void stop_container(const std::string& name) = 0;
    virtual void start_container(const std::string& name) = 0;
    virtual bool remove_container(const std::string& name) = 0;  // false: it cannot be
    virtual void kill_container(const std::string& name) = 0;

    // Whether the engine of that slot has come up, so that it heeds signals: before, the kernel
    // keeps those from the first process of a container.
    virtual bool is_up(const std::string& address, int slot) = 0;

    // An engine that runs until it is stopped; `network_mode` is empty for the world's default.
    virtual EngineRequest engine(int slot, const std::string& network_mode = "") const;
    // Whether engines of the default network mode have an IP of their own.
    virtual bool gives_addresses() const { return true; }
    // One that writes the lines "one" and "two words", and ends at once with exit code 3.
    virtual EngineRequest short_lived(int slot) = 0;
    // Whether what engines wrote can be read.
    virtual bool keeps_logs() const { return true; }
    // One that cannot be started, for a reason of its own.
    virtual EngineRequest unstartable(int slot) = 0;
    virtual std::string start_error() const { return "unable to find user"; }

  protected:
    explicit World(std::string pool) : pool_(std::move(pool)) {}

  private:
    std::string pool_;
};

class FakeWorld : public World {
  public:
    FakeWorld();
    Runtime& runtime() override { return fake_; }
    bool open() override { return true; }
    std::string image() const override { return "engine"; }
    std::string run_publishing_gateway(int port) override;
    void stop_container(const std::string& name) override { fake_.stop_container(name); }
    void start_container(const std::string& name) override { fake_.start_container(name); }
    bool remove_container(const std::string& name) override;
    void kill_container(const std::string& name) override { fake_.kill_container(name); }
    EngineRequest short_lived(int slot) override;
    EngineRequest unstartable(int slot) override;
    bool is_up(const std::string& /*address*/, int /*slot*/) override { return true; }

  private:
    FakeRuntime fake_;
};

// Reached as DOCKER_HOST says; other hands are the docker command. Where no engine answers, cases
// are skipped with a message, and fail when CI=true.
class DockerWorld : public World {
  public:
    DockerWorld();
    ~DockerWorld() override;
    Runtime& runtime() override { return *runtime_; }
    bool open() override;
    std::string image() const override { return "roundhouse-standin-engine"; }
    std::string run_publishing_gateway(int port) override;
    void stop_container(const std::string& name) override;
    void start_container(const std::string& name) override;
    bool remove_container(const std::string& name) override;
    void kill_container(const std::string& name) override;
    EngineRequest short_lived(int slot) override;
    EngineRequest unstartable(int slot) override;
    bool is_up(const std::string& address, int slot) override;

  private:
    std::unique_ptr<Runtime> runtime_;
    bool opened_ = false;
};

// The holders of two slots and a stand-in of Gluetun, as processes on this machine. Other hands are
// signals.
class PodWorld : public World {
  public:
    PodWorld();
    Runtime& runtime() override { return *runtime_; }
    bool open() override;
    std::string image() const override { return "engine"; }
    std::string run_publishing_gateway(int port) override;
    // The life of the gateway is the Pod's: no case of this world asks for another.
    void stop_container(const std::string& /*name*/) override {}
    void start_container(const std::string& /*name*/) override {}
    bool remove_container(const std::string& /*name*/) override { return false; }
    void kill_container(const std::string& name) override;
    EngineRequest engine(int slot, const std::string& network_mode = "") const override;
    bool gives_addresses() const override { return false; }
    EngineRequest short_lived(int slot) override;
    EngineRequest unstartable(int slot) override;
    bool keeps_logs() const override { return false; }
    std::string start_error() const override { return "No such file"; }
    bool is_up(const std::string& address, int slot) override;

  private:
    std::string up_file(int slot) const;

    PodFolder pod_;
    std::unique_ptr<HolderRuntime> runtime_;
};

}  // namespace roundhouse

TYPE_TO_STRING(roundhouse::FakeWorld);
TYPE_TO_STRING(roundhouse::DockerWorld);
TYPE_TO_STRING(roundhouse::PodWorld);
