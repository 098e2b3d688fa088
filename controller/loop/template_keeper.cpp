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

TemplateKeeper::InService TemplateKeeper::in_service(
    const std::shared_ptr<const EnginePool>& declared) {
    const std::lock_guard lock(mutex_);
    const EngineTemplate& wanted = declared->engine_template;
    if (refused_hash_.empty() || hash_of(wanted) != refused_hash_) return {declared, std::nullopt};
    if (!accepted_ || hash_of(*accepted_) == refused_hash_) {
        return {declared, TemplateRefusal{why_, false}};
    }
    if (kept_ == nullptr || declared_ != declared) {
        EnginePool pool = *declared;
        pool.engine_template = *accepted_;
        pool.engine_template.pull_policy = wanted.pull_policy;
        pool.engine_template.registry_auth_file = wanted.registry_auth_file;
        pool.engine_template.stop_timeout = wanted.stop_timeout;
        pool.engine_template.probe = wanted.probe;
        declared_ = declared;
        kept_ = std::make_shared<const EnginePool>(std::move(pool));
    }
    return {kept_, TemplateRefusal{why_, true}};
}

}  // namespace roundhouse
