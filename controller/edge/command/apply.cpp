#include <mutex>
#include <string>
#include <thread>

#include "edge/command/commands.h"
#include "edge/command/connections.h"
#include "edge/command/print.h"
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

// The log and the progress line share a terminal: the line is cleared before each log entry.
class SharedTerminal : public Journal {
  public:
    explicit SharedTerminal(Journal& log) : log_(log), progress_(stderr) {}

    void record(const JournalEntry& entry) override {
        // The progress line shows what entries of less severity say.
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

enum class Outcome { pending, matches, unreachable };

Outcome outcome_of(const RoundResult& round, const Board& board) {
    if (round.looked && round.matches) return Outcome::matches;
    // Docker may be unreachable for a while later on, but not at the start.
    const bool never_looked = !round.looked && board.round() == nullptr;
    return never_looked ? Outcome::unreachable : Outcome::pending;
}

int report_end(const EnginePool& pool, const Board& board, Outcome outcome, bool interrupted) {
    if (outcome == Outcome::unreachable) return exit_code::unreachable;
    const auto round = board.round();
    const std::string state = round == nullptr ? "" : describe_progress(round->plan);
    if (outcome == Outcome::matches) {
        return print_result(pool.name + ": " + state + "\n", exit_code::success);
    }
    print_line(pool.name + ": " + (interrupted ? "interrupted" : "timed out") + ": " + state);
    return interrupted ? exit_code::failure : exit_code::timed_out;
}

}  // namespace

int command_apply(const CommandLine& line, const Environment& environment,
                  const std::stop_token& stop) {
    Connections connections(environment);
    if (!connections.ready()) return connections.exit_code();
    const auto pool = [&] {
        const StopDeadline deadline(
            stop, [] { return exit_code::failure; }, connections.journal());
        return read_pool(line.file, environment.spec_defaults);
    }();
    if (!pool) return exit_code::bad_spec;
    const auto lock = StateLock::acquire(environment.state_dir, pool->name);
    if (!lock) {
        print_problem(lock.fault().message);
        return exit_code::failure;
    }
    SharedTerminal terminal(connections.journal());
    NoMeters meters;
    Controller controller(connections.surroundings(), terminal, meters);
    Board& board = controller.board();
    board.accept(*pool);

    std::stop_source ended;
    const std::stop_callback end_with_process(stop, [&] { ended.request_stop(); });
    const std::jthread timer([&](const std::stop_token& over) {
        pause_for(line.timeout, over);
        if (!over.stop_requested()) ended.request_stop();
    });
    Outcome outcome = Outcome::pending;
    const auto report_early_end = [&] {
        return report_end(*pool, board, Outcome::pending, stop.stop_requested());
    };
    const StopDeadline deadline(ended.get_token(), report_early_end, terminal);
    controller.run(ended.get_token(), [&](const RoundResult& round) {
        outcome = outcome_of(round, board);
        const auto view = board.round();
        if (view != nullptr) terminal.show(progress_line(progress_of(*pool, view->plan)));
        return outcome == Outcome::pending;
    });
    terminal.finish();
    return report_end(*pool, board, outcome, stop.stop_requested());
}

}  // namespace roundhouse
