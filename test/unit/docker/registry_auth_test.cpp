// Credentials for registries, from files that people have.
#include "edge/docker/registry_auth.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "unit/docker/daemon.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// "me:s3cr3t?~" in base64, and the header that Docker gets for it.
constexpr std::string_view login = R"({"auth": "bWU6czNjcjN0P34="})";

struct AuthFile {
    TemporaryFolder folder;
    std::string path = folder.path() + "/config.json";

    Result<std::string> auth(const std::string& text, const std::string& image) const {
        std::ofstream(path) << text;
        return registry_auth(path, image);
    }
};

std::string auths(const std::string& registry) {
    return "{\"auths\": {\n\t\"" + registry + "\": " + std::string(login) + "}}";
}

}  // namespace

TEST_CASE("the registry of an image is what Docker takes for it") {
    CHECK(registry_of("engine:1") == "docker.io");
    CHECK(registry_of("owner/engine") == "docker.io");
    CHECK(registry_of("index.docker.io/owner/engine") == "docker.io");
    CHECK(registry_of("ghcr.io/owner/engine@sha256:aa") == "ghcr.io");
    CHECK(registry_of("registry:5000/engine:1") == "registry:5000");
    CHECK(registry_of("localhost/engine") == "localhost");
}

TEST_CASE("the login at the image's registry becomes the header's value") {
    const AuthFile file;
    // {"serveraddress":"ghcr.io","username":"me","password":"s3cr3t?~"}
    const std::string header =
        "eyJzZXJ2ZXJhZGRyZXNzIjoiZ2hjci5pbyIsInVzZXJuYW1lIjoibWUiLCJwYXNzd29yZCI6InMzY3IzdD9-In0=";
    for (const char* key : {"ghcr.io", "https://ghcr.io", "https://ghcr.io/v2/"}) {
        CAPTURE(key);
        CHECK(file.auth(auths(key), "ghcr.io/owner/engine").value() == header);
    }
    CHECK(file.auth(R"({"auths": {"ghcr.io": {"username": "me", "password": "s3cr3t?~"}}})",
                    "ghcr.io/x")
              .value() == header);
    CHECK_FALSE(file.auth(auths("https://index.docker.io/v1/"), "engine").value().empty());
    CHECK_FALSE(
        file.auth(R"({"auths": {"r:1": {"identitytoken": "t"}}})", "r:1/x").value().empty());
    // A file with a store may hold a login all the same.
    CHECK(file.auth(R"({"credsStore": "pass", "auths": {"ghcr.io": )" + std::string(login) + "}}",
                    "ghcr.io/x")
              .value() == header);
}

TEST_CASE("without an entry for the registry the pull is anonymous") {
    const AuthFile file;
    CHECK(file.auth(auths("ghcr.io"), "engine").value() == "");
    CHECK(file.auth("{}", "engine").value() == "");
}

TEST_CASE("a file that cannot be used is a fault that names the file and no secret") {
    const AuthFile file;
    const std::vector<std::pair<std::string, std::string_view>> cases{
        {R"({"credsStore": "desktop", "auths": {"ghcr.io": {}}})", "to a credential helper"},
        {R"({"credsStore": "desktop"})", "docker --config FOLDER login"},
        {R"({"credHelpers": {"ghcr.io": "gh"}, "auths": {"ghcr.io": {"auth": "bWU6eA=="}}})",
         "to a credential helper, which cannot run here"},
        {R"({"auths": {"ghcr.io": {"auth": "s3cr3t"}}})", "has no user name and password in"},
        {R"({"auths": {"ghcr.io": {}}})", "has no user name and password in its entry for 'ghcr"},
        {"s3cr3t", "is not JSON"},
        {"\n", "is empty: write it with docker login"},
        {"[]", "is no JSON object"},
        {std::string(2'000'000, ' '), "is longer than 1048576 bytes"},
    };
    for (const auto& [text, message] : cases) {
        const std::string shown(text.substr(0, 80));
        CAPTURE(shown);
        const auto auth = file.auth(text, "ghcr.io/owner/engine");
        REQUIRE_FALSE(auth.ok());
        CHECK(auth.fault().kind == FaultKind::rejected);
        check_contains(auth.fault().message, std::string(message));
        check_contains(auth.fault().message, "config.json");
        CHECK(auth.fault().message.find("s3cr3t") == std::string::npos);
    }
    CHECK_FALSE(registry_auth(file.folder.path() + "/missing", "engine").ok());
}

TEST_CASE("a pull sends the login, read again each time, and fails if it cannot be read") {
    std::string asked;
    const Daemon daemon([&](ServedConnection& connection, const std::string& request) {
        asked = request;
        connection.send(http_reply(200, R"({"status":"Pull complete","id":"aaa"})"
                                        "\r\n"));
    });
    DockerRuntime docker(daemon.endpoint(), short_ones);
    const AuthFile file;
    const PullRequest request{"ghcr.io/owner/engine", file.path};
    const auto pull = [&] { return docker.pull(request, [](const std::string&) {}, {}); };

    const auto failed = pull();
    REQUIRE_FALSE(failed.ok());
    CHECK(failed.fault().kind == FaultKind::rejected);
    check_contains(failed.fault().message, "docker: pull ghcr.io/owner/engine: the secret file");
    CHECK(asked.empty());

    const std::string header = file.auth(auths("ghcr.io"), request.image).value();
    REQUIRE(pull().ok());
    check_contains(asked, "X-Registry-Auth: " + header + "\r\n");

    std::ofstream(file.path) << "{}";
    REQUIRE(pull().ok());
    CHECK(asked.find("X-Registry-Auth") == std::string::npos);
}
