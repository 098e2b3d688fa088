// Loads the spec from its files onto the board. The last good spec stays in force.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "edge/spec/manifest.h"
#include "loop/board.h"
#include "loop/clock.h"
#include "loop/journal.h"
#include "loop/result.h"

namespace roundhouse {

class SpecSource {
  public:
    // What a good spec means for this controller, and what it asks for in vain. A fault says why it
    // cannot be in force.
    struct Adapted {
        EnginePool pool;
        std::string remark;  // shown with the condition SpecValid; may be empty
    };
    using Adapt = std::function<Result<Adapted>(EnginePool)>;

    // `admit` is asked about each good spec until one is in force; false rejects the spec. Without
    // `adapt` every spec is taken as it is.
    SpecSource(std::string path, SpecDefaults defaults, Board& board, const Clock& clock,
               Journal& journal, std::function<bool(const EnginePool&)> admit, Adapt adapt = {});

    // Reads the files again. A good spec that differs comes into force; a bad one changes nothing
    // but the condition SpecValid. Any thread.
    void load();

  private:
    void reject(const Manifest& manifest);
    void accept(EnginePool pool, const std::vector<SpecProblem>& warnings,
                const std::string& remark);
    bool may_replace(const EnginePool& pool);
    void set_condition(Truth status, std::string reason, std::string message);

    std::string path_;
    SpecDefaults defaults_;
    Board& board_;
    const Clock& clock_;
    Journal& journal_;
    std::function<bool(const EnginePool&)> admit_;
    Adapt adapt_;

    std::mutex mutex_;                 // one load at a time
    std::vector<SpecProblem> logged_;  // of the spec that was rejected last
    std::string remark_;               // of the one in force
};

}  // namespace roundhouse
