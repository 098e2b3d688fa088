#include "edge/docker/request_json.h"

#include <chrono>
#include <nlohmann/json.hpp>

namespace roundhouse {

namespace {

using Json = nlohmann::json;

// JSON has no way to write bytes that are not UTF-8.
std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json as_object(const KeyValues& pairs) {
    Json object = Json::object();
    for (const auto& [key, value] : pairs)
        object[key] = value;
    return object;
}

void publish(Json& body, const std::string& address, const std::vector<int>& ports,
             const char* protocol) {
    for (const int port : ports) {
        const std::string key = std::to_string(port) + protocol;
        body["ExposedPorts"][key] = Json::object();
        Json binding = {{"HostPort", std::to_string(port)}};
        if (!address.empty()) binding["HostIp"] = address;
        body["HostConfig"]["PortBindings"][key] = Json::array({binding});
    }
}

Json host_config(const EngineRequest& request) {
    Json config = {
        {"NetworkMode", request.network_mode},
        {"RestartPolicy", {{"Name", "no"}}},
        {"Init", true},
    };
    if (!request.binds.empty()) config["Binds"] = request.binds;
    if (!request.tmpfs.empty()) config["Tmpfs"] = as_object(request.tmpfs);
    const Resources& resources = request.resources;
    if (resources.memory_bytes > 0) config["Memory"] = resources.memory_bytes;
    if (resources.nano_cpus > 0) config["NanoCpus"] = resources.nano_cpus;
    if (resources.pids > 0) config["PidsLimit"] = resources.pids;
    const Logging& logging = request.logging;
    if (!logging.driver.empty() || !logging.options.empty()) {
        config["LogConfig"] = {{"Type", logging.driver}, {"Config", as_object(logging.options)}};
    }
    return config;
}

}  // namespace

// Docker rejects some options (host name, DNS ...) for a container that joins a namespace: these
// are never set. Ports are set only if the request has some.
std::string create_body(const EngineRequest& request) {
    const auto stop_s = std::chrono::ceil<std::chrono::seconds>(request.stop_timeout);
    Json body = {
        {"Image", request.image},
        {"Env", request.env},
        {"Labels", as_object(request.labels)},
        {"Healthcheck", {{"Test", {"NONE"}}}},  // engines are probed from outside
        {"StopTimeout", stop_s.count()},
        {"HostConfig", host_config(request)},
    };
    if (!request.entrypoint.empty()) body["Entrypoint"] = request.entrypoint;
    if (!request.command.empty()) body["Cmd"] = request.command;
    if (!request.user.empty()) body["User"] = request.user;
    publish(body, request.publish_address, request.published_tcp_ports, "/tcp");
    publish(body, request.publish_address, request.published_udp_ports, "/udp");
    return text_of(body);
}

std::string filters_text(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& filters) {
    return text_of(Json(Json::object_t(filters.begin(), filters.end())));
}

}  // namespace roundhouse
