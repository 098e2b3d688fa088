#include "loop/template_keeper.h"

#include <utility>

#include "core/fingerprint.h"

namespace roundhouse {

namespace {

// Of what Docker is asked for; ports and network are no part of it.
std::string hash_of(const EngineTemplate& shape) {
    EnginePool pool;
    pool.engine_template = shape;
    return template_hash(pool);
}

}  // namespace

void TemplateKeeper::accept(const EnginePool& pool) {
    const std::lock_guard lock(mutex_);
    const std::string hash = hash_of(pool.engine_template);
    if (hash == refused_hash_) refused_hash_.clear();
    if (accepted_ && hash_of(*accepted_) == hash) return;
    accepted_ = pool.engine_template;
    kept_.reset();
}

void TemplateKeeper::refuse(const EnginePool& pool, std::string why) {
    const std::lock_guard lock(mutex_);
    refused_hash_ = hash_of(pool.engine_template);
    why_ = std::move(why);
}

std::optional<EngineTemplate> TemplateKeeper::accepted() const {
    const std::lock_guard lock(mutex_);
    return accepted_;
}

TemplateKeeper::InService TemplateKeeper::in_service(
    const std::shared_ptr<const EnginePool>& declared, const std::string& not_pulled) {
    const std::lock_guard lock(mutex_);
    const EngineTemplate& wanted = declared->engine_template;
    const std::string hash = hash_of(wanted);
    const bool is_refused = !refused_hash_.empty() && hash == refused_hash_;
    if (!is_refused && not_pulled.empty()) return {declared, std::nullopt};
    const bool has_stand_in = accepted_ && hash_of(*accepted_) != hash;
    const TemplateRefusal refusal{is_refused ? why_ : not_pulled, has_stand_in, !is_refused};
    if (!has_stand_in) return {declared, refusal};
    // An image that stands in is there, and no other pull takes the place of the declared one's.
    const PullPolicy policy = is_refused ? wanted.pull_policy : PullPolicy::never;
    const bool is_same =
        kept_ != nullptr && declared_ == declared && kept_->engine_template.pull_policy == policy;
    if (!is_same) {
        EnginePool pool = *declared;
        pool.engine_template = *accepted_;
        pool.engine_template.pull_policy = policy;
        pool.engine_template.registry_auth_file = wanted.registry_auth_file;
        pool.engine_template.stop_timeout = wanted.stop_timeout;
        pool.engine_template.probe = wanted.probe;
        declared_ = declared;
        kept_ = std::make_shared<const EnginePool>(std::move(pool));
    }
    return {kept_, refusal};
}

}  // namespace roundhouse
