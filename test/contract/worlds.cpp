#include "worlds.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "core/names.h"
#include "edge/docker/runtime.h"

namespace roundhouse {

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

struct Ended {
    int status;
    std::string printed;
};

Ended run_docker(const std::string& arguments) {
    const std::string command = "docker " + arguments + " 2>&1";
    FILE* output = ::popen(command.c_str(), "r");
    REQUIRE(output != nullptr);
    std::string text;
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), output) != nullptr)
        text += buffer.data();
    const int status = ::pclose(output);
    while (text.ends_with('\n'))
        text.pop_back();
    return {status, text};
}

// What the docker command printed, which must succeed.
std::string docker(const std::string& arguments) {
    const Ended ended = run_docker(arguments);
    REQUIRE_MESSAGE(ended.status == 0, "docker " << arguments << ": " << ended.printed);
    return ended.printed;
}

std::unique_ptr<Runtime> docker_runtime() {
    const auto endpoint = docker_endpoint({.host = variable("DOCKER_HOST"),
                                           .tls_verify = !variable("DOCKER_TLS_VERIFY").empty(),
                                           .cert_path = variable("DOCKER_CERT_PATH"),
                                           .home = variable("HOME")});
    REQUIRE_MESSAGE(endpoint.ok(), endpoint.fault().message);
    return std::make_unique<DockerRuntime>(endpoint.value());
}

}  // namespace

EngineRequest World::engine(int slot, const std::string& network_mode) const {
    EngineRequest request;
    request.name = pool_ + "-" + std::to_string(slot);
    request.image = image();
    request.labels = {{"roundhouse.pool", pool_}, {"roundhouse.slot", std::to_string(slot)}};
    request.env = {
        "HTTP_PORT=" + std::to_string(19000 + slot), "HTTPS_PORT=" + std::to_string(20000 + slot),
        "API_PORT=" + std::to_string(21000 + slot), "P2P_PORT=" + std::to_string(22000 + slot)};
    request.network_mode = network_mode.empty() ? "bridge" : network_mode;
    request.stop_timeout = std::chrono::seconds(2);
    return request;
}

FakeWorld::FakeWorld() : World("contract") {
    fake_.add_image("engine");
    fake_.add_image("ends", {.exits_with = 3, .start_error = "", .writes = {"one", "two words"}});
    fake_.add_image("broken", {.exits_with = {}, .start_error = "unable to find user"});
}

std::string FakeWorld::run_publishing_gateway(int port) {
    std::set<int> published;
    if (port != 0) published.insert(port);
    return fake_.run_gateway(gateway(), published);
}

bool FakeWorld::remove_container(const std::string& name) {
    if (fake_.is_pinned(name)) return false;
    fake_.remove_container(name);
    return true;
}

EngineRequest FakeWorld::short_lived(int slot) {
    EngineRequest request = engine(slot);
    request.image = "ends";
    return request;
}

EngineRequest FakeWorld::unstartable(int slot) {
    EngineRequest request = engine(slot);
    request.image = "broken";
    return request;
}

DockerWorld::DockerWorld()
    : World("roundhouse-contract-" + std::to_string(::getpid())), runtime_(docker_runtime()) {}

DockerWorld::~DockerWorld() {
    if (!opened_) return;
    // Podman removes no gateway before its engines.
    for (const char* filter : {"--filter label=roundhouse.pool ", ""}) {
        const std::string remove = "docker ps -aq " + std::string(filter) + "--filter name=^" +
                                   pool() + "- | xargs -r docker rm --force --volumes >/dev/null";
        if (std::system(remove.c_str()) != 0) std::fprintf(stderr, "%s failed\n", remove.c_str());
    }
}

bool DockerWorld::open() {
    const auto listing = runtime_->list_engines();
    if (!listing && variable("CI") != "true") {
        MESSAGE("skipped, for no Docker Engine answers: " << listing.fault().message);
        return false;
    }
    REQUIRE_MESSAGE(listing.ok(), listing.fault().message);
    const auto present = runtime_->has_image(image());
    REQUIRE(present.ok());
    REQUIRE_MESSAGE(present.value(), "image " << image() << " is missing: test/standins/build.sh");
    opened_ = true;
    return true;
}

std::string DockerWorld::run_publishing_gateway(int port) {
    const std::string number = std::to_string(port);
    const std::string publish = port == 0 ? "" : " --publish " + number + ":" + number;
    return docker("run --detach --no-healthcheck --name " + gateway() + publish +
                  " --env HTTP_PORT=8000 --env HTTPS_PORT=8001 --env API_PORT=8002"
                  " --env P2P_PORT=8003 " +
                  image());
}

void DockerWorld::stop_container(const std::string& name) {
    docker("stop " + name);
}
void DockerWorld::start_container(const std::string& name) {
    docker("start " + name);
}
bool DockerWorld::remove_container(const std::string& name) {
    return run_docker("rm --force " + name).status == 0;
}
void DockerWorld::kill_container(const std::string& name) {
    docker("kill " + name);
}

EngineRequest DockerWorld::short_lived(int slot) {
    EngineRequest request = engine(slot);
    request.command = {"exit", "3", "one", "two words"};
    return request;
}

EngineRequest DockerWorld::unstartable(int slot) {
    EngineRequest request = engine(slot);
    request.user = "nobody-of-that-name";
    return request;
}

bool DockerWorld::is_up(const std::string& address, int slot) {
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(static_cast<std::uint16_t>(22000 + slot));
    REQUIRE(::inet_pton(AF_INET, address.c_str(), &peer.sin_addr) == 1);
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const bool connected =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0;
    ::close(socket);
    return connected;
}

namespace {

HolderSettings pod_settings(const PodFolder& pod, const std::string& gateway) {
    HolderSettings settings{pod.slots(), gateway};
    settings.health_port = pod.health_port();
    return settings;
}

}  // namespace

PodWorld::PodWorld() : World("contract"), pod_(8) {
    pod_.set_gateway(true);
    runtime_ = std::make_unique<HolderRuntime>(pod_settings(pod_, gateway()));
}

bool PodWorld::open() {
    for (int slot = 0; slot < 2; ++slot)
        pod_.start_holder(slot);
    return true;
}

std::string PodWorld::run_publishing_gateway(int /*port*/) {
    const auto seen = runtime_->inspect_gateway(gateway());
    REQUIRE(seen.ok());
    return seen.value()->id;
}

void PodWorld::kill_container(const std::string& name) {
    ::kill(pod_.child(*slot_of_name(pool(), name)), SIGKILL);
}

std::string PodWorld::up_file(int slot) const {
    return pod_.file(slot, "s/up");
}

// A shell that heeds SIGTERM once its file is there.
EngineRequest PodWorld::engine(int slot, const std::string& network_mode) const {
    EngineRequest request = World::engine(slot, network_mode);
    if (network_mode.empty()) {
        const auto seen = runtime_->inspect_gateway(gateway());
        REQUIRE(seen.ok());
        request.network_mode = "container:" + seen.value()->id;
    }
    request.entrypoint = {"/bin/sh", "-c"};
    request.command = {"trap 'exit 0' TERM; : > " + up_file(slot) +
                       "; while :; do sleep 0.05; done"};
    return request;
}

EngineRequest PodWorld::short_lived(int slot) {
    EngineRequest request = engine(slot);
    request.command = {"exit 3"};
    return request;
}

EngineRequest PodWorld::unstartable(int slot) {
    EngineRequest request = engine(slot);
    request.entrypoint = {"/no-such-program"};
    return request;
}

bool PodWorld::is_up(const std::string& /*address*/, int slot) {
    return ::access(up_file(slot).c_str(), F_OK) == 0;
}

}  // namespace roundhouse
