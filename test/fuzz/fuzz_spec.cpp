#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/launch.h"
#include "core/plan.h"
#include "edge/docker/request_json.h"
#include "edge/spec/manifest.h"
#include "edge/spec/yaml_tree.h"
#include "edge/text/foreign_text.h"
#include "edge/text/json.h"
#include "fakes/plan_rules.h"
#include "fuzz/properties.h"
#include "fuzz/targets.h"
#include "unit/core/worlds.h"

namespace roundhouse::fuzz {

namespace {

constexpr std::string_view secret = "s3cr3t";

std::size_t count_of_secret(std::string_view text) {
    std::size_t count = 0;
    for (auto at = text.find(secret); at != std::string_view::npos; at = text.find(secret, at + 1))
        count += 1;
    return count;
}

// --- messages to the user

// Its bytes, if it is a line of the text at all.
std::optional<std::size_t> length_of_line(std::string_view text, int line) {
    for (; line > 1; --line) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return std::nullopt;
        text.remove_prefix(end + 1);
    }
    return std::min(text.find('\n'), text.size());
}

void examine_problem(std::string_view text, const SpecProblem& problem) {
    constexpr std::size_t longest_message = 1000;
    must(!problem.message.empty(), "a problem has a message");
    must(problem.message.size() <= longest_message, "a message can be read");
    must(!mentions(problem.message, "\n"), "a message is one line");
    const std::string line = to_string(problem);
    must(cleaned(line, line.size()) == line, "a message is clean");
    must(problem.file == "engines.yaml", "a problem names its file");
    if (problem.line == 0) return;
    const auto length = length_of_line(text, problem.line);
    must(length.has_value(), "a problem is within the text");
    const auto column = static_cast<std::size_t>(problem.column);
    must(problem.column >= 1 && column <= *length + 1, "a problem is within its line");
}

// --- secrets

const YamlNode* child(const YamlNode* node, std::string_view key) {
    if (node == nullptr) return nullptr;
    const auto found = std::ranges::find(node->children, key, &YamlNode::key);
    return found == node->children.end() ? nullptr : &*found;
}

std::size_t count_in_values(const YamlNode* node) {
    if (node == nullptr) return 0;
    std::size_t count = count_of_secret(node->text);
    for (const YamlNode& each : node->children)
        count += count_in_values(&each);
    return count;
}

// How often the secret stands where secrets may stand: in what engines get by their environment,
// and where people put a gateway's key instead of its file.
std::size_t count_in_hiding_places(const YamlNode& document) {
    const YamlNode* spec = child(&document, "spec");
    std::size_t count = count_in_values(child(child(spec, "template"), "env"));
    const YamlNode* gateways = child(spec, "gateways");
    if (gateways == nullptr) return count;
    for (const YamlNode& gateway : gateways->children) {
        for (const char* key : {"apiKey", "apiKeyFile", "username", "password", "passwordFile"})
            count += count_in_values(child(child(&gateway, "controlServer"), key));
    }
    return count;
}

// Nothing can be said where it stands elsewhere as well, or an alias carries it there.
bool keeps_secret(std::string_view text) {
    if (mentions(text, "*")) return false;
    std::size_t count = 0;
    for (const YamlNode& document : parse_yaml(text).documents)
        count += count_in_hiding_places(document);
    return count > 0 && count == count_of_secret(text);
}

// --- a pool that was accepted

void examine_rules(const EnginePool& pool) {
    must(!pool.name.empty(), "a pool has a name");
    must(pool.replicas >= 0, "no negative replicas");
    must(pool.max_active_replicas >= 1, "there is a slot");
    must(pool.gateways.empty() != pool.network.empty(), "gateways or a network");
    for (const GatewaySpec& gateway : pool.gateways)
        must(!gateway.container.empty() && !gateway.host.empty(), "a gateway can be reached");
    must(pool.check_interval > Duration{0}, "rounds follow each other");
    must(pool.engine_template.probe.timeout > Duration{0}, "a probe ends");
    const std::array bases = {pool.ports.http, pool.ports.https, pool.ports.api, pool.ports.p2p};
    for (std::size_t i = 0; i < bases.size(); ++i) {
        must(bases[i] >= 1 && bases[i] + pool.max_active_replicas - 1 <= 65535, "ports exist");
        for (std::size_t j = 0; j < i; ++j) {
            const int apart = bases[i] > bases[j] ? bases[i] - bases[j] : bases[j] - bases[i];
            must(apart >= pool.max_active_replicas, "ranges lie apart");
        }
    }
}

// The first plan for it, with every gateway ready.
void examine_plan(const EnginePool& pool) {
    Observation seen;
    for (const GatewaySpec& gateway : pool.gateways)
        seen.gateways.push_back(test::gateway(gateway.container));
    const Plan first = plan(pool, seen, test::noon);
    must(!test::broken_rule(pool, seen, first, test::noon), "a plan keeps the rules of plans");
    must(static_cast<int>(first.steps.size()) == std::min(pool.replicas, pool.max_active_replicas),
         "every engine that is wanted is created");
    for (const Step& step : first.steps) {
        must(step.placement.has_value(), "an engine is created somewhere");
        must(is_json_object(create_body(make_engine_request(pool, *step.placement))),
             "Docker is sent JSON");
    }
}

Manifest read(std::string_view text) {
    return parse_manifest({{"engines.yaml", std::string(text)}}, {});
}

}  // namespace

void examine_spec(std::string_view text) {
    const Manifest manifest = read(text);
    must(manifest.pool.has_value() == manifest.errors.empty(), "a pool, or what is wrong");
    must(manifest.errors.size() <= 100, "at most 100 errors");
    for (const auto* problems : {&manifest.errors, &manifest.warnings}) {
        for (const SpecProblem& problem : *problems)
            examine_problem(text, problem);
    }
    if (keeps_secret(text)) {
        for (const SpecProblem& problem : manifest.errors)
            must(!mentions(to_string(problem), secret), "a problem repeats no secret");
    }
    const Manifest again = read(text);
    must(again.pool == manifest.pool, "the same text, the same pool");
    must(again.errors == manifest.errors && again.warnings == manifest.warnings,
         "the same text, the same problems");
    if (!manifest.pool) return;
    examine_rules(*manifest.pool);
    examine_plan(*manifest.pool);
}

}  // namespace roundhouse::fuzz
