// What engines wrote last before they failed, read from Docker beside the rounds: no step waits for
// it. Of an engine that is removed before it could be read nothing is known.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "loop/board.h"
#include "loop/runtime.h"
#include "loop/workers.h"

namespace roundhouse {

// Any thread.
class LastLines {
  public:
    // Of so many engines lines are kept, or still to be read; the oldest are forgotten.
    static constexpr std::size_t most_engines = 100;
    // So many logs are read at a time; the others wait.
    static constexpr std::size_t most_reads = 4;

    // The arguments must outlive the object. The values of the template's env are hidden.
    LastLines(Runtime& runtime, Workers& workers, const Board& board)
        : runtime_(runtime), workers_(workers), board_(board) {}
    // Waits for the reads under way, each at most as long as its deadline.
    ~LastLines();
    LastLines(const LastLines&) = delete;
    LastLines& operator=(const LastLines&) = delete;

    // Begins to read the log of an engine that has failed, once for each id. Returns at once.
    void read(const std::string& id);

    // Oldest first; empty: not known, or not yet.
    std::vector<std::string> of(const std::string& id) const;

  private:
    struct Known {
        std::string id;
        std::vector<std::string> lines;
    };

    void read_waiting();

    Runtime& runtime_;
    Workers& workers_;
    const Board& board_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable idle_;
    std::deque<Known> known_;          // by when they were asked for
    std::deque<std::string> waiting_;  // ids, each once
    std::size_t reads_ = 0;            // workers that read
};

}  // namespace roundhouse
