#include "edge/docker/endpoint.h"

#include <doctest/doctest.h>

#include <fstream>

#include "unit/temporary_folder.h"

using namespace roundhouse;

namespace {

DockerVariables host(const std::string& value) {
    DockerVariables variables;
    variables.host = value;
    return variables;
}

std::string fault_message(const DockerVariables& variables) {
    const auto endpoint = docker_endpoint(variables);
    REQUIRE_FALSE(endpoint.ok());
    CHECK(endpoint.fault().kind == FaultKind::rejected);
    return endpoint.fault().message;
}

void touch(const std::string& file) {
    std::ofstream(file) << "pem";
}

}  // namespace

TEST_CASE("DOCKER_HOST is read as the docker command reads it") {
    struct Row {
        std::string host;
        std::string display;
        std::string url;
        std::string socket;
    };
    const Row rows[] = {
        {"", "unix:///var/run/docker.sock", "http://docker", "/var/run/docker.sock"},
        {"unix://", "unix:///var/run/docker.sock", "http://docker", "/var/run/docker.sock"},
        {"unix:///run/user/1000/docker.sock", "unix:///run/user/1000/docker.sock", "http://docker",
         "/run/user/1000/docker.sock"},
        {"tcp://10.0.0.5", "tcp://10.0.0.5:2375", "http://10.0.0.5:2375", ""},
        {"tcp://proxy:1234", "tcp://proxy:1234", "http://proxy:1234", ""},
        {"tcp://proxy:1234/", "tcp://proxy:1234", "http://proxy:1234", ""},
        {"tcp://proxy:65535", "tcp://proxy:65535", "http://proxy:65535", ""},
        {"tcp://:2375", "tcp://localhost:2375", "http://localhost:2375", ""},
        {"tcp://[::1]:2375", "tcp://[::1]:2375", "http://[::1]:2375", ""},
        {"tcp://[::1]", "tcp://[::1]:2375", "http://[::1]:2375", ""},
        {"proxy:2375", "tcp://proxy:2375", "http://proxy:2375", ""},
        {"http://proxy", "tcp://proxy:2375", "http://proxy:2375", ""},
        {"https://far:2376", "tcp://far:2376", "https://far:2376", ""},
        {"https://far", "tcp://far:2376", "https://far:2376", ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.host);
        const auto endpoint = docker_endpoint(host(row.host));
        REQUIRE(endpoint.ok());
        CHECK(endpoint.value().display == row.display);
        CHECK(endpoint.value().url == row.url);
        CHECK(endpoint.value().unix_socket == row.socket);
        CHECK(endpoint.value().tls == TlsFiles{});
    }
}

TEST_CASE("the fault of an unusable DOCKER_HOST names it and what is accepted") {
    struct Row {
        std::string host;
        std::string expected;
    };
    const Row rows[] = {
        {"ssh://user@host", "ssh"},
        {"npipe:////./pipe/docker_engine", "Windows"},
        {"fd://", "'fd://'"},
        {"/var/run/docker.sock", "lacks the unix://"},
        {"unix://docker.sock", "absolute path"},
        {"tcp://host:port", "not an address"},
        {"tcp://host:0", "not an address"},
        {"tcp://host:65536", "not an address"},
        {"tcp://a:1:2", "not an address"},
        {"tcp://[::1", "not an address"},
        {"tcp://[::1]x", "not an address"},
        {"tcp://host/path", "not an address"},
        {"tcp://ho st", "not an address"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.host);
        const std::string message = fault_message(host(row.host));
        CHECK(message.starts_with("DOCKER_HOST "));
        CHECK(message.find(row.expected) != std::string::npos);
        CHECK(message.find("accepted are unix://") != std::string::npos);
    }
}

TEST_CASE("credentials in DOCKER_HOST are not accepted and not repeated") {
    for (const char* value : {"tcp://me:hunter2@host:2375", "me:hunter2@host", "https://hunter2@h",
                              "ssh://me:hunter2@host"}) {
        CAPTURE(value);
        CHECK(fault_message(host(value)).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("with DOCKER_TLS_VERIFY the certificates come from DOCKER_CERT_PATH or ~/.docker") {
    const TemporaryFolder folder;
    DockerVariables variables = host("tcp://far");
    variables.tls_verify = true;
    variables.cert_path = folder.path();
    CHECK(fault_message(variables).find(folder.path() + "/ca.pem cannot be read") !=
          std::string::npos);

    touch(folder.path() + "/ca.pem");
    touch(folder.path() + "/cert.pem");
    auto endpoint = docker_endpoint(variables);
    REQUIRE(endpoint.ok());
    CHECK(endpoint.value().url == "https://far:2376");
    CHECK(endpoint.value().tls.authorities == folder.path() + "/ca.pem");
    CHECK(endpoint.value().tls.certificate.empty());  // a certificate without its key is of no use

    touch(folder.path() + "/key.pem");
    endpoint = docker_endpoint(variables);
    REQUIRE(endpoint.ok());
    CHECK(endpoint.value().tls.certificate == folder.path() + "/cert.pem");
    CHECK(endpoint.value().tls.key == folder.path() + "/key.pem");

    variables.cert_path.clear();
    variables.home = "/nowhere";
    CHECK(fault_message(variables).find("/nowhere/.docker/ca.pem") != std::string::npos);
}

TEST_CASE("a Unix socket and http:// need no certificates, whatever DOCKER_TLS_VERIFY says") {
    for (const char* value : {"", "unix:///x.sock", "http://near"}) {
        CAPTURE(value);
        DockerVariables variables = host(value);
        variables.tls_verify = true;
        const auto endpoint = docker_endpoint(variables);
        REQUIRE(endpoint.ok());
        CHECK(endpoint.value().url.starts_with("http://"));
        CHECK(endpoint.value().tls == TlsFiles{});
    }
}
