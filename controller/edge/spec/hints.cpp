#include "edge/spec/hints.h"

#include <vector>

#include "edge/text/nearest_name.h"

namespace roundhouse {

namespace {

constexpr std::string_view of_gateway =
    "not possible: engines share the gateway's network namespace; set it on the container of the "
    "gateway instead";
constexpr std::string_view of_ports =
    "not possible: engines share the gateway's network namespace; publish the engines' HTTP ports "
    "(19000 and up, see spec.ports) on the container of the gateway instead";
constexpr std::string_view of_network =
    "not possible: an engine always joins the network namespace of its gateway; name the gateway "
    "in spec.gateways, or a Docker network in spec.network";
constexpr std::string_view of_restart =
    "not possible: roundhouse replaces engines itself, and Docker must not restart them behind its "
    "back";
constexpr std::string_view of_health =
    "not possible: roundhouse probes engines over HTTP instead; see spec.template.probe";
constexpr std::string_view of_privileges =
    "not possible: engines get no privileges beyond those of any container";
constexpr std::string_view of_name =
    "not possible: engines are named <metadata.name>-<slot>; set metadata.name instead";
constexpr std::string_view of_secret =
    "not possible: a spec holds no secrets; put the secret in a file, and its path in apiKeyFile "
    "(or username and passwordFile)";

struct Hint {
    std::string_view owner;
    std::vector<std::string_view> names;  // folded
    std::string_view text;
};

const std::vector<Hint>& hints() {
    static const std::vector<Hint> table{
        {"spec.template", {"ports", "expose", "publish"}, of_ports},
        {"spec.template",
         {"hostname", "domainname", "dns", "dnsopt", "dnssearch", "extrahosts", "links",
          "externallinks", "macaddress", "sysctls", "ip", "ipv4address"},
         of_gateway},
        {"spec.template", {"network", "networks", "networkmode", "gateway"}, of_network},
        {"spec.template", {"restart", "restartpolicy", "deploy"}, of_restart},
        {"spec.template", {"healthcheck", "livenessprobe", "readinessprobe"}, of_health},
        {"spec.template",
         {"privileged", "capadd", "capdrop", "devices", "securityopt", "securitycontext", "pid",
          "ipc", "usernsmode", "cgroupparent"},
         of_privileges},
        {"spec.template", {"name", "containername"}, of_name},
        {"spec.template", {"entrypoint"}, "called command here, as in Kubernetes"},
        {"spec.template", {"environment"}, "called env here, a mapping of names to values"},
        {"spec.template", {"memory", "memlimit"}, "belongs to spec.template.resources.memory"},
        {"spec.template", {"cpus"}, "belongs to spec.template.resources.cpus"},
        {"spec.template", {"pids", "pidslimit"}, "belongs to spec.template.resources.pids"},
        {"spec.template", {"replicas"}, "belongs to spec.replicas"},
        {"spec.gateways[].controlServer", {"apikey", "password", "token"}, of_secret},
    };
    return table;
}

}  // namespace

std::optional<std::string> hint_for(std::string_view owner, std::string_view name) {
    const std::string word = folded(name);
    for (const Hint& hint : hints()) {
        if (hint.owner != owner) continue;
        for (const std::string_view known : hint.names) {
            if (known == word) return std::string(hint.text);
        }
    }
    return std::nullopt;
}

}  // namespace roundhouse
