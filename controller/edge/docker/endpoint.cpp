#include "edge/docker/endpoint.h"

#include <unistd.h>

#include <optional>
#include <string_view>

#include "core/host_port.h"

namespace roundhouse {

namespace {

constexpr std::string_view default_socket = "/var/run/docker.sock";

Fault invalid_host(const std::string& why) {
    return {FaultKind::rejected,
            "DOCKER_HOST " + why +
                "; accepted are unix:///path/to/docker.sock, tcp://host[:port], http://host[:port] "
                "and https://host[:port]"};
}

struct Address {
    std::string scheme;  // empty if there is none
    std::string rest;
};

Address split_scheme(const std::string& host) {
    const auto at = host.find("://");
    if (at == std::string::npos) return {"", host};
    return {host.substr(0, at), host.substr(at + 3)};
}

bool readable(const std::string& file) {
    return ::access(file.c_str(), R_OK) == 0;
}

// "host", "host:2375", "[::1]:2375" -> with the port filled in; nullopt for anything else.
std::optional<std::string> with_port(std::string place, int default_port) {
    if (place.ends_with('/')) place.pop_back();
    if (place.find_first_of("/?# \t\r\n\\") != std::string::npos) return std::nullopt;
    const bool has_port = place.find(':') != std::string::npos && !place.ends_with(']');
    if (!has_port) place += ":" + std::to_string(default_port);
    const auto parts = parse_host_port(place);
    if (!parts || parts->port == 0) return std::nullopt;
    return host_port(parts->host.empty() ? "localhost" : parts->host, parts->port);
}

Result<TlsFiles> tls_files(const DockerVariables& variables) {
    TlsFiles files;
    // https:// alone uses the system's authorities; the variables ask for files.
    if (!variables.tls_verify && variables.cert_path.empty()) return files;
    const bool from_home = variables.cert_path.empty();
    const std::string folder = from_home ? variables.home + "/.docker" : variables.cert_path;
    files.authorities = folder + "/ca.pem";
    if (!readable(files.authorities)) {
        const std::string subject =
            from_home ? "DOCKER_TLS_VERIFY is set and DOCKER_CERT_PATH is not: " + files.authorities
                      : "DOCKER_CERT_PATH is " + folder + ": " + files.authorities;
        return Fault{FaultKind::rejected,
                     subject +
                         " cannot be read; put ca.pem (and cert.pem, key.pem) there, or let "
                         "DOCKER_CERT_PATH name their folder"};
    }
    if (readable(folder + "/cert.pem") && readable(folder + "/key.pem")) {
        files.certificate = folder + "/cert.pem";
        files.key = folder + "/key.pem";
    }
    return files;
}

Result<DockerEndpoint> unix_endpoint(const std::string& written) {
    const std::string path = written.empty() ? std::string(default_socket) : written;
    if (!path.starts_with('/')) {
        return invalid_host("'unix://" + path + "' does not name a socket by its absolute path");
    }
    return DockerEndpoint{.display = "unix://" + path,
                          .url = "http://docker",  // for the Host header only
                          .unix_socket = path,
                          .tls = {}};
}

Result<DockerEndpoint> tcp_endpoint(const Address& address, const DockerVariables& variables) {
    if (address.rest.find('@') != std::string::npos) {
        return invalid_host("holds credentials, which Docker knows no use for");
    }
    const bool tls =
        address.scheme == "https" || (address.scheme != "http" && variables.tls_verify);
    const auto place = with_port(address.rest, tls ? 2376 : 2375);
    if (!place) return invalid_host("'" + variables.host + "' is not an address");
    DockerEndpoint endpoint{.display = "tcp://" + *place,
                            .url = (tls ? "https://" : "http://") + *place,
                            .unix_socket = "",
                            .tls = {}};
    if (!tls) return endpoint;
    auto files = tls_files(variables);
    if (!files) return files.fault();
    endpoint.tls = std::move(files.value());
    return endpoint;
}

}  // namespace

Result<DockerEndpoint> docker_endpoint(const DockerVariables& variables) {
    if (variables.host.empty()) return unix_endpoint("");
    const Address address = split_scheme(variables.host);
    if (address.scheme == "unix") return unix_endpoint(address.rest);
    if (address.scheme == "ssh") {
        return invalid_host(
            "uses ssh://, which roundhouse does not speak: forward the socket (ssh -L "
            "/tmp/docker.sock:/var/run/docker.sock ...) and name that");
    }
    if (address.scheme == "npipe") {
        return invalid_host("uses npipe://, which exists on Windows only");
    }
    const bool known = address.scheme.empty() || address.scheme == "tcp" ||
                       address.scheme == "http" || address.scheme == "https";
    if (!known) return invalid_host("uses '" + address.scheme + "://', which is not known");
    if (address.rest.starts_with('/')) {
        return invalid_host("'" + variables.host + "' lacks the unix:// before the socket's path");
    }
    return tcp_endpoint(address, variables);
}

}  // namespace roundhouse
