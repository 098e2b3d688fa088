// Pools as manifests. test/manifests checks that Kubernetes accepts them.
#include "edge/kubernetes/render.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "core/fingerprint.h"
#include "edge/spec/yaml_tree.h"
#include "unit/kubernetes/help.h"

using namespace roundhouse;

namespace {

std::vector<std::string> documents_of(const std::string& text) {
    const std::string between = "\n---\n";
    std::vector<std::string> documents;
    std::size_t begin = 0;
    for (auto end = text.find(between); end != std::string::npos; end = text.find(between, begin)) {
        documents.push_back(text.substr(begin, end + 1 - begin));
        begin = end + between.size();
    }
    documents.push_back(text.substr(begin));
    return documents;
}

std::string spec_of(int replicas, const std::string& lines) {
    return "apiVersion: roundhouse/v1\nkind: EnginePool\nmetadata: {name: acestream}\nspec:\n"
           "  replicas: " +
           std::to_string(replicas) + "\n" + lines;
}

std::string kind_of(const std::string& document) {
    const auto at = document.find("\nkind: ") + 7;
    return document.substr(at, document.find('\n', at) - at);
}

// The kinds of the documents that differ.
std::vector<std::string> changes(const std::string& before, const std::string& after) {
    const auto old_ones = documents_of(before);
    const auto new_ones = documents_of(after);
    REQUIRE(old_ones.size() == new_ones.size());
    std::vector<std::string> kinds;
    for (std::size_t i = 0; i < old_ones.size(); ++i) {
        if (old_ones[i] != new_ones[i]) kinds.push_back(kind_of(new_ones[i]));
    }
    return kinds;
}

using Kinds = std::vector<std::string>;

const std::string three = "  gateways: [gluetun-a, gluetun-b, gluetun-c]\n";

// What a YAML reader makes of the ConfigMap's text.
std::string pool_text_in(const std::string& manifests) {
    const YamlDocuments parsed = parse_yaml(documents_of(manifests).front());
    REQUIRE(parsed.problems.empty());
    for (const YamlNode& member : parsed.documents.front().children) {
        if (member.key == "data") return member.children.front().text;
    }
    return "";
}

}  // namespace

TEST_SUITE("manifests") {
    TEST_CASE("the same pool gives the same bytes, one Deployment and Service for each gateway") {
        const std::string text = spec_of(4, three);
        CHECK(rendered(text) == rendered(text));
        Kinds kinds;
        for (const auto& document : documents_of(rendered(text)))
            kinds.push_back(kind_of(document));
        CHECK(kinds == Kinds{"ConfigMap", "Service", "Service", "Deployment", "Service",
                             "Deployment", "Service", "Deployment"});
    }

    TEST_CASE("one engine more changes one Deployment, or none where there is a slot for it") {
        RenderOptions roomy;
        roomy.slots_per_gateway = 7;
        for (int replicas = 3; replicas < 20; ++replicas) {
            CAPTURE(replicas);
            const std::string before = spec_of(replicas, three);
            const std::string after = spec_of(replicas + 1, three);
            CHECK(changes(rendered(before), rendered(after)) ==
                  Kinds{"ConfigMap", "Service", "Deployment"});
            CHECK(changes(rendered(before, roomy), rendered(after, roomy)) == Kinds{"ConfigMap"});
        }
        // A gateway without an engine has a slot all the same, as a Pod has a container.
        CHECK(changes(rendered(spec_of(0, three)), rendered(spec_of(3, three))) ==
              Kinds{"ConfigMap"});
    }

    TEST_CASE("an edit of what the agent does needs no other Pod") {
        const std::string before = spec_of(3, three);
        for (const std::string lines :
             {"  checkInterval: 9s\n", "  rollout: {maxUnavailable: 2}\n", "  # a comment\n",
              "  template: {args: [\"--http-port=$(HTTP_PORT)\"], command: [/app/start-engine]}\n",
              "  template: {env: {CACHE_LIMIT: \"2\"}}\n", "  template: {probe: {period: 9s}}\n"}) {
            CAPTURE(lines);
            CHECK(changes(rendered(before), rendered(before + lines)) == Kinds{"ConfigMap"});
        }
        const std::string image = before + "  template: {image: own, command: [/e]}\n";
        CHECK(changes(rendered(before), rendered(image)) ==
              Kinds{"ConfigMap", "Deployment", "Deployment", "Deployment"});
    }

    TEST_CASE("one gateway alone is its part of the whole") {
        const std::string text = spec_of(4, three);
        const auto all = documents_of(rendered(text));
        RenderOptions options;
        options.gateway = "gluetun-b";
        CHECK(documents_of(rendered(text, options)) ==
              std::vector<std::string>{all.at(4), all.at(5)});
        RenderOptions without;
        without.with_pool = false;
        CHECK(documents_of(rendered(text, without)) ==
              std::vector<std::string>(all.begin() + 1, all.end()));
    }

    TEST_CASE("the ConfigMap has the pool's text, whatever is in it") {
        const std::string end = "\nspec: {replicas: 1, gateways: [gluetun]}";
        const std::string head =
            "apiVersion: roundhouse/v1\nkind: EnginePool\nmetadata: {name: acestream}";
        for (const std::string& text :
             {head + end + "\n", head + end, head + end + "\n\n", "\n" + head + end + "\n",
              " # indented\n" + head + end + "\n",
              head + " # na\xC3\xAFve, caf\xC3\xA9" + end + "\n",
              head + "\nspec: {replicas: 1, gateways: [gluetun], template: {env: {A: "
                     "\"\xE2\x80\xA8\"}}}\n",
              head + " #\ta tab" + end + "\n", "---\n" + head + end + "\n"}) {
            CAPTURE(text);
            const std::string manifests = rendered(text);
            REQUIRE(!manifests.starts_with("refused"));
            CHECK(pool_text_in(manifests) == text);
        }
    }

    TEST_CASE("volumes are shared by the slots that name the same source") {
        const std::string text = rendered(gluetun_spec_with(
            "template:\n  volumes: [\"cache-$(SLOT):/cache\", \"/srv/lists:/lists:ro\"]\n"
            "  tmpfs: [\"/dev/shm:size=256m\", /tmp]"));
        CHECK(contains(text, R"(
            - {name: volume-0, mountPath: "/cache"}
            - {name: volume-1, mountPath: "/lists", readOnly: true}
            - {name: memory-0-0, mountPath: "/dev/shm"}
            - {name: memory-0-1, mountPath: "/tmp"}
        - name: engine-1
)"));
        CHECK(contains(text, R"(
            - {name: volume-3, mountPath: "/cache"}
            - {name: volume-1, mountPath: "/lists", readOnly: true}
            - {name: memory-2-0, mountPath: "/dev/shm"}
)"));
        CHECK(contains(text, R"(
        - name: volume-0
          persistentVolumeClaim: {claimName: cache-0}
        - name: volume-1
          hostPath: {path: "/srv/lists"}
        - name: memory-0-0
          emptyDir: {medium: Memory, sizeLimit: 256Mi}
        - name: memory-0-1
          emptyDir: {medium: Memory}
)"));
    }

    TEST_CASE("limits, users and times are the pool's") {
        const std::string text = rendered(spec_with(
            "gateways: [{container: gluetun, ports: {http: 19100}, controlServer: {port: "
            "8001, username: me, passwordFile: /run/secrets/password}}]\n"
            "failover: {after: 90500ms}\n"
            "template:\n  user: \"1000:44\"\n  stopTimeout: 1500ms\n  pullPolicy: Always\n"
            "  resources: {memory: 96Mi, cpus: \"0.0333\"}"));
        for (const std::string part :
             {"runAsUser: 1000\n            runAsGroup: 44\n", "terminationGracePeriodSeconds: 7 ",
              "tolerationSeconds: 91\n", "imagePullPolicy: Always\n",
              "requests: {cpu: 34m, memory: 96Mi}\n            limits: {cpu: 34m, memory: 96Mi}\n",
              "value: \"9190,6878,19100,19101,19102\"\n", "value: \"127.0.0.1:8001\"\n",
              "{name: engine-2, port: 19102, targetPort: engine-2}", "containerPort: 19102}",
              "- {name: control-server-0, mountPath: \"/run/secrets\", readOnly: true}\n",
              "secretName: gluetun\n            items:\n              - {key: password, path: "
              "password}\n"}) {
            CAPTURE(part);
            CHECK(contains(text, part));
        }
        CHECK(contains(rendered(gluetun_spec_with("template: {resources: {cpus: 2}}")),
                       "limits: {cpu: \"2\"}\n"));
    }

    TEST_CASE("the agent is told what its Pod was made for") {
        const std::string text = spec_of(3, three);
        const Manifest manifest = parse_for_pod(text);
        REQUIRE(manifest.pool);
        const std::string agent = "- \"--made-for\"\n            - \"";
        CHECK(contains(rendered(text), agent + pod_hash(*manifest.pool, "gluetun-b") + "\"\n"));
        CHECK(
            contains(rendered(text), "- \"--engine-image\"\n            - \"ghcr.io/krinkuto11/"));
    }

    TEST_CASE("options reach every object") {
        RenderOptions options;
        options.name_space = "media";
        options.tun_resource = "devic.es/tun";
        options.image = "registry.example/roundhouse:2";
        options.gluetun_image = "registry.example/gluetun:3";
        const auto documents = documents_of(rendered(spec_of(3, three), options));
        for (const auto& document : documents)
            CHECK(contains(document, "\n  namespace: media\n"));
        for (const std::string part :
             {"\n              devic.es/tun: 1\n", "image: \"registry.example/roundhouse:2\"\n",
              "image: \"registry.example/gluetun:3\"\n",
              "gluetun-a, gluetun-a.media,\n                gluetun-a.media.svc, "
              "gluetun-a.media.svc.cluster.local,"
              "\n                acestream-agents, acestream-agents.media,"}) {
            CAPTURE(part);
            CHECK(contains(documents.at(3), part));
        }
        CHECK_FALSE(contains(rendered(spec_of(3, three)), "namespace:"));
    }
}
