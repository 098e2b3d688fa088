// Brings the spec from its files to the board, and keeps the last good one in force.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "edge/spec/manifest.h"
#include "loop/board.h"
#include "loop/clock.h"
#include "loop/journal.h"

namespace roundhouse {

class SpecSource {
  public:
    // `admit` is asked once, before the first spec is put in force; where it says no, none ever is.
    SpecSource(std::string path, SpecDefaults defaults, Board& board, const Clock& clock,
               Journal& journal, std::function<bool(const EnginePool&)> admit);

    // Reads the files again. A spec that is good and differs is put in force; one that is not
    // changes nothing but the condition SpecValid. Any thread.
    void load();

  private:
    void refuse(const Manifest& manifest);
    void take(EnginePool pool, const std::vector<SpecProblem>& warnings);
    bool may_replace(const EnginePool& pool);
    void set_condition(Truth status, std::string reason, std::string message);

    std::string path_;
    SpecDefaults defaults_;
    Board& board_;
    const Clock& clock_;
    Journal& journal_;
    std::function<bool(const EnginePool&)> admit_;

    std::mutex mutex_;  // one load at a time
    std::vector<SpecProblem> told_;
};

}  // namespace roundhouse
