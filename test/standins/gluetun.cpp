#include "gluetun.h"

#include <algorithm>
#include <cstdlib>

namespace standin {
namespace {

// Gluetun sets no content type, and this is what Go makes of the body.
Response text(std::string body) {
    return {.status = 200, .body = std::move(body), .content_type = "text/plain; charset=utf-8"};
}

Response json(const std::string& body) {
    return text(body + "\n");
}

Response status_answer(const std::string& status) {
    return json("{\"status\":\"" + status + "\"}");
}

Response outcome(const std::string& word) {
    return json("{\"outcome\":\"" + word + "\"}");
}

Response no_such_method(const Request& request) {
    return plain_error(400, "method " + request.method + " not supported");
}

Response no_such_route(const std::string& uri) {
    return plain_error(400, "route " + uri + " not supported");
}

// As Go's http.Redirect() answers a GET.
Response redirect(int status, const std::string& where) {
    const std::string phrase = status == 301 ? "Moved Permanently" : "Permanent Redirect";
    return {.status = status,
            .body = "<a href=\"" + where + "\">" + phrase + "</a>.\n\n",
            .content_type = "text/html; charset=utf-8",
            .headers = {"Location: " + where}};
}

std::string list_of(const std::vector<int>& ports) {
    std::string out;
    for (const int port : ports) {
        out += (out.empty() ? "" : ",") + std::to_string(port);
    }
    return "[" + out + "]";
}

// The string value of a field of a flat JSON object.
std::string field(const std::string& body, const std::string& name) {
    std::size_t at = body.find("\"" + name + "\"");
    at = at == std::string::npos ? at : body.find(':', at);
    at = at == std::string::npos ? at : body.find('"', at);
    if (at == std::string::npos) return "";
    return body.substr(at + 1, body.find('"', at + 1) - at - 1);
}

}  // namespace

void Gluetun::rotate(std::chrono::milliseconds interval, Time now) {
    ports = ports_at(now);
    rotation_interval_ = interval;
    rotation_begin_ = now;
}

std::vector<int> Gluetun::ports_at(Time now) const {
    std::vector<int> current = ports;
    if (rotation_interval_.count() > 0) {
        const auto turns = (now - rotation_begin_) / rotation_interval_;
        for (int& port : current) {
            port = 1024 + static_cast<int>((port - 1024 + turns) % (65536 - 1024));
        }
    }
    std::sort(current.begin(), current.end());
    return current;
}

void Gluetun::reconnect(const Delays& delays, Time now) {
    runs_from_ = now + delays.stopping;
    ip_from_ = runs_from_ + delays.ip;
    ports_from_ = ip_from_ + delays.ports;
}

std::string Gluetun::status_at(Time now) const {
    return vpn_status == "running" && now < runs_from_ ? "stopping" : vpn_status;
}

std::vector<int> Gluetun::forwarded_at(Time now) const {
    const bool has_them = status_at(now) == "running" && now >= ports_from_;
    return has_them ? ports_at(now) : std::vector<int>{};
}

std::string Gluetun::public_ip_body(Time now) const {
    const bool known = status_at(now) == "running" && now >= ip_from_ && !public_ip.empty();
    if (!known) return R"({"public_ip":""})";
    return R"({"public_ip":")" + public_ip +
           R"(","region":"Utrecht","country":"Netherlands","city":"Utrecht",)"
           R"("location":"52.0907,5.1214","organization":"Example Networks",)"
           R"("postal_code":"3511","timezone":"Europe/Amsterdam"})";
}

Response Gluetun::answer(const Request& request, Time now) {
    if (std::optional<Response> refused = refusal(profile, role, request)) return *refused;
    // Gluetun routes by the target as it was sent, so a query hides most routes (not
    // /v1/portforward, which is found by its beginning).
    std::string uri = request.target;
    if (uri.ends_with('/')) uri.pop_back();
    if (uri == "/v1" || uri.starts_with("/v1/")) return answer_v1(request, uri.substr(3), now);
    return answer_v0(request, uri);
}

Response Gluetun::answer_v0(const Request& request, const std::string& uri) const {
    if (request.method != "GET") {
        return plain_error(400, "unversioned API: only supports GET method");
    }
    for (const char* moved : {"/version", "/openvpn/portforwarded", "/openvpn/settings"}) {
        if (uri == moved) return redirect(308, "/v1" + uri);
    }
    return plain_error(400, "unversioned API: requested URI not found");
}

Response Gluetun::answer_v1(const Request& request, const std::string& uri, Time now) {
    if (uri == "/version" && request.method == "GET") {
        return json("{\"version\":\"standin\",\"commit\":\"unknown\",\"created\":\"unknown\"}");
    }
    if (uri.starts_with("/vpn")) return answer_vpn(request, uri.substr(4), now);
    if (uri.starts_with("/openvpn")) return answer_openvpn(request, uri.substr(8), now);
    if (uri == "/dns/status" && request.method == "GET") return status_answer("running");
    if (uri == "/updater/status" && request.method == "GET") return status_answer("completed");
    if (uri.starts_with("/publicip")) {
        if (uri != "/publicip/ip") return no_such_route(uri.substr(9));
        if (request.method != "GET") return no_such_method(request);
        return json(public_ip_body(now));
    }
    if (uri.starts_with("/portforward") && profile >= Profile::v3_41) {
        return answer_portforward(request, now);
    }
    return plain_error(400, request.method + " " + uri + " not found");
}

Response Gluetun::answer_vpn(const Request& request, const std::string& uri, Time now) {
    if (uri == "/status" && request.method == "GET") return status_answer(status_at(now));
    if (uri == "/status" && request.method == "PUT") return set_status(request.body);
    if (uri == "/settings" && request.method == "GET") {
        return json("{\"type\":\"" + vpn_type + "\"}");
    }
    return uri == "/status" || uri == "/settings" ? no_such_method(request) : no_such_route(uri);
}

Response Gluetun::answer_openvpn(const Request& request, const std::string& uri, Time now) {
    if (uri == "/status" && request.method == "GET") {
        const bool asked_in_vain = profile > Profile::v3_38 && vpn_type != "openvpn";
        return status_answer(asked_in_vain ? "stopped" : status_at(now));
    }
    if (uri == "/status" && request.method == "PUT") return set_status(request.body);
    if (uri == "/settings" && request.method == "GET") return json("{}");
    if (uri == "/portforwarded" && request.method == "GET") {
        if (profile >= Profile::v3_41) return redirect(301, "/v1/portforward");
        return json(ports_body(now));
    }
    const bool known = uri == "/status" || uri == "/settings" || uri == "/portforwarded";
    return known ? no_such_method(request) : no_such_route(uri);
}

Response Gluetun::answer_portforward(const Request& request, Time now) {
    if (request.method == "GET") return json(ports_body(now));
    if (request.method == "PUT" && profile == Profile::master) return set_ports(request.body);
    return no_such_method(request);
}

Response Gluetun::set_status(const std::string& body) {
    const std::string wanted = field(body, "status");
    if (wanted != "running" && wanted != "stopped") {
        return plain_error(400,
                           "invalid status: " + wanted + ": possible values are: stopped, running");
    }
    if (vpn_status == wanted || vpn_status == "crashed") return outcome("already " + vpn_status);
    vpn_status = wanted;
    return outcome(wanted);
}

Response Gluetun::set_ports(const std::string& body) {
    const std::size_t begin = body.find('[');
    if (body.find("\"ports\"") == std::string::npos || begin == std::string::npos) {
        return plain_error(400, "failed setting forwarded ports");
    }
    std::vector<int> wanted;
    const char* at = body.c_str() + begin;
    while (*at == '[' || *at == ',') {
        char* end = nullptr;
        const long port = std::strtol(at + 1, &end, 10);
        if (end == at + 1) break;
        wanted.push_back(static_cast<int>(port));
        at = end;
    }
    ports = wanted;
    return text("");
}

std::string Gluetun::ports_body(Time now) const {
    const std::vector<int> current = forwarded_at(now);
    const std::string first = std::to_string(current.empty() ? 0 : current[0]);
    if (profile == Profile::master) {
        const bool has_list = forwarding_ever_started || !current.empty();
        return "{\"port\":" + first + ",\"ports\":" + (has_list ? list_of(current) : "null") + "}";
    }
    // Up to v3.38 there is never more than one port.
    if (current.size() < 2 || profile == Profile::v3_38) return "{\"port\":" + first + "}";
    return "{\"ports\":" + list_of(current) + "}";
}

}  // namespace standin
