// One round: look, plan, hand out the steps, report. It waits for no step: a later round sees what
// a step changed.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "core/observation.h"
#include "core/plan.h"
#include "loop/board.h"
#include "loop/clock.h"
#include "loop/failure_sensor.h"
#include "loop/gateway_api.h"
#include "loop/gateway_reader.h"
#include "loop/gateway_sensor.h"
#include "loop/guest_names.h"
#include "loop/journal.h"
#include "loop/last_lines.h"
#include "loop/meters.h"
#include "loop/narrator.h"
#include "loop/nearby_gateways.h"
#include "loop/observer.h"
#include "loop/port_check.h"
#include "loop/prober.h"
#include "loop/puller.h"
#include "loop/runtime.h"
#include "loop/session_sensor.h"
#include "loop/step_runner.h"
#include "loop/stranger_sensor.h"
#include "loop/workers.h"

namespace roundhouse {

// What one look with all its sensors saw, and the plan for it.
struct Survey {
    Observation seen;
    Plan plan;
};

// What a reconciler works with. All must outlive it.
struct Equipment {
    Runtime& runtime;
    GatewayApi& gateway_api;
    Workers& workers;
    const Clock& clock;
    Journal& journal;
    Board& board;
    Prober& prober;
    Puller& puller;
    StepRunner& steps;
    LastLines& last_lines;
    Meters& meters;
    PortCheck& ports;
    SocketTables& sockets;
    const OwnConnections& own;
    std::function<void()> wake;                         // starts a round early; any thread
    Duration patience = GatewayReader::usual_patience;  // of a round with control servers
};

struct RoundResult {
    bool looked = false;       // false: the look failed, nothing was done
    bool matches = false;      // the world is as declared
    bool plans_steps = false;  // there are steps to be done
    bool acts = false;         // or some are under way
    bool shows_news = false;   // some engine is in another state than in the round before
    Duration took{0};
    std::optional<Duration> wake_in;  // time alone may change the plan after this
};

// One thread: the loop's.
class Reconciler {
  public:
    explicit Reconciler(const Equipment& equipment);

    // With no spec on the board it does nothing and has not looked. Once `stop` is requested no
    // step is handed out.
    RoundResult round(const std::stop_token& stop);

    // Lets the next round ask all control servers, however lately they were asked, and some rounds
    // soon after it: what changes may do so only then. Any thread.
    void expect_change() { reader_.expect_change(); }

    // The first half of a round alone: looks and plans, and changes nothing. Waits for every
    // control server.
    Result<Survey> survey(const EnginePool& pool);

  private:
    RoundResult run_round(SpecInForce spec, const std::stop_token& stop);
    std::string why_not_pulled(const EngineTemplate& declared) const;
    void pull_again(const EnginePool& declared, RoundResult& result);
    void note_templates(const EnginePool& pool, const Observation& seen);
    void recall_doubts(const EnginePool& pool, Observation& seen) const;
    void take_in_image(const EngineTemplate& shape, Monotonic asked_at,
                       const StepRunner::Look& steps, Observation& seen);
    // What was looked at, with what the sensors know.
    Observation sense(const EnginePool& pool, Sightings looked);
    Result<Survey> survey(const EnginePool& pool, std::optional<TemplateRefusal> refusal,
                          StepRunner::Look& steps, Duration patience);
    void hand_out(const std::shared_ptr<const EnginePool>& pool, const Plan& plan,
                  StepRunner::Look& steps);
    RoundResult report(const SpecInForce& spec, Survey survey, bool list_lags);

    // Why Docker's last answers did not show what was asked for; empty: they did.
    struct Doubts {
        std::string image;
        std::string about_image;
        std::string about_names;
    };

    Equipment with_;
    GatewayReader reader_;
    GatewaySensor gateways_;
    NearbyGateways nearby_;
    GuestNames guests_;
    StrangerSensor strangers_;
    SessionSensor sessions_;
    FailureSensor failures_;
    Narrator narrator_;
    Doubts doubts_;
    std::optional<Monotonic> plan_due_;  // when time alone was to change the last plan
};

}  // namespace roundhouse
