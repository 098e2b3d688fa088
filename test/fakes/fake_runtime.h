// A Docker daemon in memory: the Runtime of unit tests and simulations.
//
// It keeps Docker's rules as far as roundhouse can see them: a name is a lock, a joiner needs a
// running donor, a donor that starts again leaves its joiners without network, a failed start
// leaves a trace. test/contract holds it to the same cases as a real Docker Engine.
//
// Nothing in it happens by itself or at random: ids and timestamps follow from the order of calls
// and from set_time(). Any thread may call anything.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "loop/runtime.h"

namespace roundhouse {

enum class Operation {
    list_engines,
    inspect_end,
    last_lines,
    inspect_network,
    inspect_pid,
    inspect_gateway,
    list_names,
    has_image,
    create,
    start,
    stop,
    remove,
    pull,
    follow_events,
};

// "list_engines" ...
std::string_view to_string(Operation operation);

// One call that roundhouse made, in the order in which the calls ended.
struct FakeCall {
    Operation operation = Operation::list_engines;
    std::string subject;             // container name (else the id asked for) or image
    std::optional<FaultKind> fault;  // what was answered; nullopt: it went well

    bool changes_something() const;
    bool operator==(const FakeCall&) const = default;
};

// How one call goes wrong.
struct Mishap {
    enum class When {
        before,  // nothing was done
        after,   // it was done, but the reply was lost
    };
    When when = When::before;
    Fault fault{FaultKind::unavailable, "docker: the connection broke"};
};

// What containers of an image do.
struct FakeImage {
    std::optional<int> exits_with;         // ends by itself, at once, with this code
    std::string start_error;               // cannot be started, in Docker's words
    std::vector<std::string> writes = {};  // the lines of their logs
    bool ignores_term = false;             // a stop has to kill it
};

struct FakeContainer {
    std::string id;
    std::string name;
    std::string image;
    EngineState state = EngineState::created;
    std::map<std::string, std::string> labels;
    std::string network_mode;  // a donor that was there at the creation stands here by id
    std::string address;
    Time created_at{};
    std::string started_at;   // of the latest start; empty: never started
    std::int64_t pid = 0;     // of the latest start
    std::string joined_life;  // the donor's started_at when this container joined it
    EngineEnd end;
    GatewayContainer::Health health = GatewayContainer::Health::none;
    std::set<int> published_tcp_ports;
    bool asks_for_port = false;  // as a gateway's environment may
    EngineRequest request;       // what create() was asked for; empty for containers of the test
};

class FakeRuntime : public Runtime {
  public:
    // No image has this user: a container of it is created, and its start is a bad request.
    static constexpr const char* absent_user = "absent";

    FakeRuntime();

    RuntimeView about() override;
    Result<std::vector<ContainerListing>> list_engines() override;
    Result<std::optional<EngineEnd>> inspect_end(const std::string& id) override;
    Result<std::vector<std::string>> last_lines(const std::string& id,
                                                const KeyValues& hidden) override;
    Result<std::optional<Network>> inspect_network(const std::string& id) override;
    Result<std::optional<std::int64_t>> inspect_pid(const std::string& id) override;
    Result<std::optional<GatewayContainer>> inspect_gateway(const std::string& name) override;
    Result<std::vector<NameHolder>> list_names(const std::string& prefix) override;
    Result<bool> has_image(const std::string& image) override;
    Result<CreatedContainer> create(const EngineRequest& request) override;
    Result<void> start(const std::string& id) override;
    Result<void> stop(const std::string& id, Duration grace) override;
    Result<void> remove(const std::string& id) override;
    Result<void> pull(const PullRequest& request,
                      const std::function<void(const std::string&)>& progress,
                      std::stop_token stop) override;
    Result<void> follow_events(const std::function<void()>& on_open,
                               const std::function<void(const RuntimeEvent&)>& on_event,
                               std::stop_token stop) override;

    // The world as it is.
    std::vector<FakeContainer> containers() const;  // in the order of their creation
    std::optional<FakeContainer> find(const std::string& name_or_id) const;
    // Shows each of them, in the order of their creation. `look` must not call this object.
    void visit(const std::function<void(const FakeContainer&)>& look) const;
    // It runs, and the namespace it joined (if it joined one) is still its donor's.
    bool has_network(const std::string& name_or_id) const;

    // Time. Starts at 2026-01-01T00:00:00Z and stands still between calls of set_time().
    void set_time(Time now);

    // Images that the daemon holds, and those that a pull would find.
    void add_image(const std::string& image, FakeImage behaviour = {});
    void offer_image(const std::string& image, FakeImage behaviour = {});
    void remove_image(const std::string& image);

    void add_network(const std::string& network);

    // What daemon it is from now on: with pins_gateways, a container that others joined cannot be
    // removed.
    void set_runtime(RuntimeView runtime);
    bool is_pinned(const std::string& name) const;

    // What every create warns of from now on.
    void set_create_warnings(std::vector<std::string> warnings);

    // Other people's doing. They act at once, know no mishaps and are not in the call log. A name
    // that is not there is an error of the test (std::logic_error).
    std::string run_container(FakeContainer wanted);  // returns the id
    std::string run_gateway(const std::string& name, std::set<int> published_tcp_ports = {});
    void start_container(const std::string& name);
    void stop_container(const std::string& name);
    void restart_container(const std::string& name);          // same id, new incarnation
    std::string recreate_container(const std::string& name);  // new id, else the same
    void kill_container(const std::string& name, int exit_code = 137);
    void remove_container(const std::string& name);
    void rename_container(const std::string& name, const std::string& new_name);
    void set_state(const std::string& name, EngineState state);  // paused, removing, dead ...
    void set_health(const std::string& name, GatewayContainer::Health health);
    // A gateway's environment tells it to have a port forwarded.
    void ask_for_port(const std::string& name);

    // From now on `on_event` gets every event of a daemon that is not away, at once; it must not
    // call this object. What follows the stream gets them, too.
    void set_event_listener(std::function<void(const RuntimeEvent&)> on_event);

    // Mishaps. fail_next() lets the next `times` calls of an operation go wrong. A mishap source is
    // asked before every call that fail_next() does not cover; it must not call this object.
    void fail_next(Operation operation, Mishap mishap = {}, int times = 1);
    void set_mishap_source(std::function<std::optional<Mishap>(const FakeCall&)> source);

    // A daemon that is away answers every call with `unavailable` and breaks event streams; the
    // containers live on.
    void set_available(bool available);

    // Calls of a held operation wait before they do anything, until release().
    void hold(Operation operation);
    void release(Operation operation);
    // Waits until that many calls are held; false when that takes more than 10 s.
    bool wait_until_held(Operation operation, int calls);
    // Waits until that many event streams are open; false when that takes more than 10 s.
    bool wait_until_followed(int streams);

    std::vector<FakeCall> calls() const;
    std::vector<FakeCall> changing_calls() const;  // create, start, stop, remove, pull
    void clear_calls();

  private:
    static constexpr std::size_t operations =
        static_cast<std::size_t>(Operation::follow_events) + 1;

    struct Follower {
        std::deque<RuntimeEvent> waiting;
        bool broken = false;
    };

    template <class T, class Effect>
    Result<T> perform(Operation operation, std::string subject, const Effect& effect);
    void wait_while_held(std::unique_lock<std::mutex>& lock, Operation operation);
    std::optional<Mishap> mishap_of(const FakeCall& call);
    void note(Operation operation, std::string subject, std::optional<FaultKind> fault);
    std::string subject_of(const std::string& id) const;

    const FakeContainer* look_up(const std::string& name_or_id) const;
    FakeContainer* look_up(const std::string& name_or_id);
    FakeContainer& known(const std::string& name);
    const FakeContainer* donor_of(const FakeContainer& container) const;
    FakeContainer& add(FakeContainer container);
    Result<void> boot(FakeContainer& container);
    std::optional<Fault> start_obstacle(const FakeContainer& container) const;
    std::optional<Fault> creation_obstacle(const EngineRequest& request) const;
    void halt(FakeContainer& container, int exit_code);
    void erase(const std::string& id);
    FakeImage behaviour_of(const FakeContainer& container) const;
    std::string next_timestamp();
    void tell(const FakeContainer& container, const std::string& action);

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    Time now_;
    std::uint64_t ticks_ = 0;  // makes ids and timestamps differ
    bool available_ = true;
    std::list<FakeContainer> containers_;
    std::map<std::string, FakeImage> images_;
    std::map<std::string, FakeImage> registry_;
    std::set<std::string> networks_;
    RuntimeView runtime_{.name = "Docker", .version = "20.10.24", .api_version = "1.41"};
    std::vector<std::string> warnings_;
    std::list<Follower> followers_;
    std::function<void(const RuntimeEvent&)> on_event_;
    std::array<bool, operations> held_{};
    std::array<int, operations> waiting_{};
    std::array<std::deque<Mishap>, operations> mishaps_;
    std::function<std::optional<Mishap>(const FakeCall&)> mishap_source_;
    std::vector<FakeCall> calls_;
};

}  // namespace roundhouse
