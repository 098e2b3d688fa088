// What operators install (alert rules, the dashboard) asks only for what /metrics tells.
#include <doctest/doctest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "unit/metrics/full_scrape.h"
#include "unit/source_tree.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// Every name of a metric in a text, with the suffixes that series have.
std::set<std::string> names_in(const std::string& text) {
    static const std::regex name(R"(\b(roundhouse|process)_[a-z0-9_]+)");
    std::set<std::string> names;
    for (std::sregex_iterator found(text.begin(), text.end(), name), end; found != end; ++found)
        names.insert(found->str());
    return names;
}

}  // namespace

TEST_SUITE("manifests") {
    TEST_CASE("a name that nobody tells would be found") {
        CHECK(names_in("rate(roundhouse_rounds_total[5m]) > process_max_fds") ==
              std::set<std::string>{"roundhouse_rounds_total", "process_max_fds"});
        CHECK(!names_in(full_scrape()).contains("roundhouse_no_such_thing"));
    }

    TEST_CASE("rules and dashboard ask for nothing else") {
        const auto told = names_in(full_scrape());
        // Words of these files that are no metrics.
        const std::set<std::string> others{"roundhouse_api_key"};
        for (const char* path :
             {"manifests/prometheus/rules.yaml", "manifests/prometheus/rules_test.yaml",
              "manifests/prometheus/prometheus.yml", "manifests/grafana/dashboard.json"}) {
            for (const auto& name : names_in(source_file(path))) {
                const bool known = told.contains(name) || others.contains(name);
                CHECK_MESSAGE(known, path << " asks for " << name);
            }
        }
    }

    TEST_CASE("the dashboard shows every kind of metric that the contract promises") {
        const auto shown = names_in(source_file("manifests/grafana/dashboard.json"));
        for (const char* name :
             {"roundhouse_converged", "roundhouse_engines", "roundhouse_gateway_ready",
              "roundhouse_rehosts_total", "roundhouse_steps_total",
              "roundhouse_convergence_seconds_bucket", "roundhouse_spec_valid",
              "roundhouse_docker_request_duration_seconds_bucket",
              "roundhouse_gluetun_request_duration_seconds_bucket"}) {
            CHECK_MESSAGE(shown.contains(name), name);
        }
    }
}
