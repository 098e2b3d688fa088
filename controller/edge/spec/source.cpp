#include "edge/spec/source.h"

#include <utility>

namespace roundhouse {

SpecSource::SpecSource(std::string path, SpecDefaults defaults, Board& board, const Clock& clock,
                       Journal& journal, std::function<bool(const EnginePool&)> admit, Adapt adapt)
    : path_(std::move(path)),
      defaults_(std::move(defaults)),
      board_(board),
      clock_(clock),
      journal_(journal),
      admit_(std::move(admit)),
      adapt_(std::move(adapt)) {}

void SpecSource::load() {
    const std::lock_guard lock(mutex_);
    Manifest manifest = read_manifest(path_, defaults_);
    if (!manifest.pool) return reject(manifest);
    std::string remark;
    if (adapt_) {
        auto adapted = adapt_(std::move(*manifest.pool));
        if (!adapted) {
            manifest.errors.push_back({path_, 0, 0, "", adapted.fault().message});
            return reject(manifest);
        }
        manifest.pool = std::move(adapted.value().pool);
        remark = std::move(adapted.value().remark);
    }
    accept(std::move(*manifest.pool), manifest.warnings, remark);
}

void SpecSource::reject(const Manifest& manifest) {
    // One bad save may cause several loads; its errors are logged once.
    if (manifest.errors != logged_) {
        for (const auto& problem : manifest.errors) {
            journal_.record({Severity::error, "spec refused", {{"problem", to_string(problem)}}});
        }
        const bool any_in_force = board_.spec().pool != nullptr;
        journal_.record({Severity::warning,
                         any_in_force ? "the last good spec stays in force"
                                      : "there is no good spec yet: nothing is done",
                         {{"path", path_}}});
    }
    logged_ = manifest.errors;
    set_condition(Truth::no, "Refused",
                  manifest.errors.empty() ? "" : to_string(manifest.errors.front()));
}

void SpecSource::accept(EnginePool pool, const std::vector<SpecProblem>& warnings,
                        const std::string& remark) {
    if (!may_replace(pool)) return;
    const std::string name = pool.name;
    const std::string replicas = std::to_string(pool.replicas);
    const bool changed = board_.accept(std::move(pool));
    if (changed) {
        for (const auto& warning : warnings) {
            journal_.record({Severity::warning, "spec warning", {{"problem", to_string(warning)}}});
        }
    }
    if (changed || !logged_.empty()) {
        journal_.record({Severity::info,
                         "spec accepted",
                         {{"pool", name},
                          {"replicas", replicas},
                          {"generation", std::to_string(board_.spec().generation)}}});
    }
    if (!remark.empty() && remark != remark_) {
        journal_.record({Severity::warning, "spec warning", {{"problem", remark}}});
    }
    remark_ = remark;
    logged_.clear();
    set_condition(Truth::yes, "Accepted", remark);
}

// Another name is another pool, and nothing would look after the engines of the current one.
bool SpecSource::may_replace(const EnginePool& pool) {
    const SpecInForce current = board_.spec();
    if (current.pool == nullptr) return admit_(pool);
    if (current.pool->name == pool.name) return true;
    Manifest rejected;
    rejected.errors.push_back(
        {path_, 0, 0, "metadata.name",
         "cannot change from '" + current.pool->name + "' to '" + pool.name +
             "' while the controller runs: run 'roundhouse down' with the old file first, then "
             "start the controller with the new one"});
    reject(rejected);
    return false;
}

void SpecSource::set_condition(Truth status, std::string reason, std::string message) {
    Condition condition;
    condition.type = "SpecValid";
    condition.status = status;
    condition.reason = std::move(reason);
    condition.message = std::move(message);
    board_.set_conditions({std::move(condition)}, clock_.now());
}

}  // namespace roundhouse
