#include <cstdio>
#include <mutex>
#include <string>
#include <thread>

#include "edge/command/commands.h"
#include "edge/command/connections.h"
#include "edge/command/progress.h"
#include "edge/command/spec_report.h"
#include "edge/system/exit_code.h"
#include "edge/system/state_lock.h"
#include "edge/system/stop_deadline.h"
#include "loop/controller.h"

namespace roundhouse {

namespace {

ProgressView progress_of(const EnginePool& pool, const Plan& plan) {
    ProgressView view;
    view.pool = pool.name;
    view.ready = plan.ready();
    view.wanted = plan.wanted;
    for (const auto& decision : plan.decisions) {
        const bool well = decision.fate == Fate::keep && decision.ready;
        if (well || decision.fate == Fate::foreign) continue;
        view.waiting_for.emplace_back(decision.engine.empty() ? "a new engine" : decision.engine,
                                      std::string(to_string(decision.reason)));
    }
    return view;
}

// The log and the progress line share a terminal: the line steps aside for each entry.
class SharedTerminal : public Journal {
  public:
    explicit SharedTerminal(Journal& log) : log_(log), progress_(stderr) {}

    void record(const JournalEntry& entry) override {
        // What the progress line tells anyway is not told twice.
        if (entry.severity == Severity::debug || entry.severity == Severity::info) return;
        const std::lock_guard lock(mutex_);
        progress_.clear();
        log_.record(entry);
    }

    void show(const std::string& line) {
        const std::lock_guard lock(mutex_);
        progress_.show(line);
    }

    void finish() {
        const std::lock_guard lock(mutex_);
        progress_.finish();
    }

  private:
    std::mutex mutex_;
    Journal& log_;
    Progress progress_;
};

enum class Outcome { going_on, matches, unreachable };

Outcome outcome_of(const RoundResult& round, const Board& board) {
    if (round.looked && round.matches) return Outcome::matches;
    // Docker may go away for a while later on; at the start it has to be there.
    const bool never_looked = !round.looked && board.round() == nullptr;
    return never_looked ? Outcome::unreachable : Outcome::going_on;
}

int tell_end(const EnginePool& pool, const Board& board, Outcome outcome, bool interrupted) {
    if (outcome == Outcome::unreachable) return exit_code::unreachable;
    const auto round = board.round();
    const std::string state = round == nullptr ? "" : describe_progress(round->plan);
    if (outcome == Outcome::matches) {
        std::printf("%s: %s\n", pool.name.c_str(), state.c_str());
        return exit_code::success;
    }
    std::fprintf(stderr, "%s: %s: %s\n", pool.name.c_str(),
                 interrupted ? "interrupted" : "timed out", state.c_str());
    return interrupted ? exit_code::failure : exit_code::timed_out;
}

}  // namespace

int command_apply(const CommandLine& line, const Environment& environment,
                  const std::stop_token& stop) {
    Workbench bench(environment);
    if (!bench.ready()) return bench.exit_code();
    const auto pool = read_pool(line.file, environment.spec_defaults);
    if (!pool) return exit_code::bad_spec;
    const auto lock = StateLock::acquire(environment.state_dir, pool->name);
    if (!lock) {
        std::fprintf(stderr, "roundhouse: %s\n", lock.fault().message.c_str());
        return exit_code::failure;
    }
    SharedTerminal terminal(bench.journal());
    NoMeters meters;
    Controller controller(bench.runtime(), bench.gateway_api(), bench.probes(), bench.clock(),
                          terminal, meters);
    Board& board = controller.board();
    board.accept(*pool);

    std::stop_source ended;
    const std::stop_callback end_with_process(stop, [&] { ended.request_stop(); });
    const std::jthread timer([&](const std::stop_token& over) {
        pause_for(line.timeout, over);
        if (!over.stop_requested()) ended.request_stop();
    });
    Outcome outcome = Outcome::going_on;
    const auto tell_early_end = [&] {
        return tell_end(*pool, board, Outcome::going_on, stop.stop_requested());
    };
    const StopDeadline deadline(ended.get_token(), tell_early_end, terminal);
    controller.run(ended.get_token(), [&](const RoundResult& round) {
        outcome = outcome_of(round, board);
        const auto view = board.round();
        if (view != nullptr) terminal.show(progress_line(progress_of(*pool, view->plan)));
        return outcome == Outcome::going_on;
    });
    terminal.finish();
    return tell_end(*pool, board, outcome, stop.stop_requested());
}

}  // namespace roundhouse
