// The address of the Docker daemon, from DOCKER_HOST and related variables, as the docker command
// reads them.
#pragma once

#include <string>

#include "edge/client/transfers.h"
#include "loop/result.h"

namespace roundhouse {

struct DockerEndpoint {
    std::string display;      // for messages: "unix:///var/run/docker.sock", "tcp://10.0.0.5:2376"
    std::string url;          // without a path: "http://10.0.0.5:2375"
    std::string unix_socket;  // path; empty for tcp
    TlsFiles tls;             // only for https URLs

    bool operator==(const DockerEndpoint&) const = default;
};

// The values of environment variables; empty if not set.
struct DockerVariables {
    std::string host;         // DOCKER_HOST
    bool tls_verify = false;  // DOCKER_TLS_VERIFY is set and not empty
    std::string cert_path;    // DOCKER_CERT_PATH
    std::string home;         // HOME: certificates are in ~/.docker when cert_path is empty
};

// Accepts unix://[/path], tcp://host[:port] (also without tcp://), http:// and https://; an empty
// host means unix:///var/run/docker.sock. The default port is 2375, or 2376 with TLS. TLS is used
// for https:// and with DOCKER_TLS_VERIFY, and the certificate is always verified; where the
// variables ask for a ca.pem, it must be readable; cert.pem and key.pem are used if both exist.
//
// The fault (`rejected`) is one line that names the variable and what is accepted. Credentials in
// DOCKER_HOST are not accepted, and the fault does not repeat them.
Result<DockerEndpoint> docker_endpoint(const DockerVariables& variables);

}  // namespace roundhouse
