// Which template engines are created by. Docker may refuse the spec's template, for example because
// it asks for more CPUs than there are, or its image cannot be pulled. Then the last template that
// Docker accepted stays in service, so that engines are still healed, until the spec has another
// template, or the image is there.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/observation.h"
#include "core/spec.h"

namespace roundhouse {

// The functions may be called from any thread.
class TemplateKeeper {
  public:
    struct InService {
        std::shared_ptr<const EnginePool> pool;  // the declared one, or a copy with that template
        std::optional<TemplateRefusal> refusal;  // of the declared template
    };

    // Docker has created and started an engine by the template of `pool`.
    void accept(const EnginePool& pool);
    // Docker has refused to; `why` is a whole sentence for the user.
    void refuse(const EnginePool& pool, std::string why);

    // The template that Docker accepted last; nullopt: none yet.
    std::optional<EngineTemplate> accepted() const;

    // The same object for the same `declared`, as long as no other template is accepted or refused.
    // `not_pulled`: why the declared image is not there although the accepted one is, in a whole
    // sentence for the user; empty: it is there, or is not needed yet.
    InService in_service(const std::shared_ptr<const EnginePool>& declared,
                         const std::string& not_pulled);

  private:
    mutable std::mutex mutex_;  // guards what follows
    std::optional<EngineTemplate> accepted_;
    std::string refused_hash_;  // empty: none is refused
    std::string why_;
    std::shared_ptr<const EnginePool> declared_;  // what `kept_` was made from
    std::shared_ptr<const EnginePool> kept_;
};

}  // namespace roundhouse
