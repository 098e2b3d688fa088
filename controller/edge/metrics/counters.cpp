#include "edge/metrics/counters.h"

#include <algorithm>

#include "edge/metrics/labels.h"

namespace roundhouse {

namespace {

// Upper bounds in seconds.
const prometheus::Histogram::BucketBoundaries call_buckets{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
const prometheus::Histogram::BucketBoundaries step_buckets{0.025, 0.05, 0.1, 0.25, 0.5, 1,  2.5,
                                                           5,     10,   20,  30,   60,  120};
const prometheus::Histogram::BucketBoundaries round_buckets{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
const prometheus::Histogram::BucketBoundaries convergence_buckets{0.1, 0.25, 0.5, 1,   2.5, 5,
                                                                  10,  30,   60,  120, 300, 600};

}  // namespace

Counters::Counters(const Clock& clock)
    : clock_(clock),
      rounds_(
          counters("roundhouse_rounds_total",
                   "Rounds by result: the world matched the spec, differed, or the look failed.")),
      round_durations_(histograms("roundhouse_round_duration_seconds",
                                  "How long a round took, without the steps that it started.",
                                  round_buckets)),
      convergences_(histograms(
          "roundhouse_convergence_seconds",
          "From the round that saw the world differ to the next round that saw it match.",
          convergence_buckets)),
      steps_(counters("roundhouse_steps_total", "Steps by action, reason and result.")),
      step_durations_(
          histograms("roundhouse_step_duration_seconds", "How long a step took.", step_buckets)),
      rehosts_(
          counters("roundhouse_rehosts_total",
                   "Engines moved to another gateway, or to a new incarnation of their gateway.")),
      port_changes_(counters("roundhouse_forwarded_port_changes_total",
                             "How often a gateway reported other forwarded ports than before.")),
      docker_(histograms("roundhouse_docker_request_duration_seconds",
                         "How long an operation of the Docker API took.", call_buckets)),
      gluetun_(histograms("roundhouse_gluetun_request_duration_seconds",
                          "How long a gateway's control server took to reply.", call_buckets)),
      unauthorized_(counters("roundhouse_http_unauthorized_total",
                             "Requests to the HTTP API without the right key.")) {
    rounds_.create(all_round_labels());
    round_durations_.create({{}});
    convergences_.create({{}});
    steps_.create(all_step_labels());
    step_durations_.create(all_action_labels());
    rehosts_.create(all_rehost_labels());
    docker_.create(all_docker_labels());
    unauthorized_.create({{}});
}

Counters::CounterSeries Counters::counters(const char* name, const char* help) {
    return CounterSeries(prometheus::BuildCounter().Name(name).Help(help).Register(registry_));
}

Counters::HistogramSeries Counters::histograms(const char* name, const char* help,
                                               const HistogramSeries::Buckets& buckets) {
    return HistogramSeries(prometheus::BuildHistogram().Name(name).Help(help).Register(registry_),
                           buckets);
}

void Counters::round_ended(RoundOutcome outcome, Duration took) {
    const std::lock_guard lock(mutex_);
    changed_ = true;
    rounds_.at(round_labels(outcome)).Increment();
    round_durations_.at({}).Observe(to_seconds(took));
    last_round_ = clock_.now();
    // A failed look says nothing about the world: it neither starts nor ends a convergence.
    const Monotonic now = clock_.monotonic();
    if (outcome == RoundOutcome::differs && !differs_since_) differs_since_ = now;
    if (outcome == RoundOutcome::matched && differs_since_) {
        convergences_.at({}).Observe(to_seconds(now - *differs_since_));
        differs_since_.reset();
    }
}

void Counters::step_ended(const Step& step, bool well, Duration took) {
    const std::lock_guard lock(mutex_);
    changed_ = true;
    steps_.at(step_labels(step, well)).Increment();
    step_durations_.at({{"action", std::string(to_string(step.action))}}).Observe(to_seconds(took));
    if (well && is_rehost(step)) {
        rehosts_.at({{"reason", std::string(to_string(step.reason))}}).Increment();
    }
}

void Counters::forwarded_ports_changed(const std::string& gateway) {
    const std::lock_guard lock(mutex_);
    changed_ = true;
    port_changes_.at({{"gateway", gateway}}).Increment();
}

void Counters::docker_call_ended(const DockerCallEnd& call) {
    const std::lock_guard lock(mutex_);
    changed_ = true;
    docker_.at(docker_labels(call)).Observe(call.took.count());
}

void Counters::gluetun_request_ended(const GluetunRequest& request) {
    const std::lock_guard lock(mutex_);
    changed_ = true;
    gluetun_.at(gluetun_labels(request)).Observe(to_seconds(request.took));
}

void Counters::http_unauthorized() {
    const std::lock_guard lock(mutex_);
    changed_ = true;
    unauthorized_.at({}).Increment();
}

std::string Counters::text(const std::vector<std::string>& gateways) {
    const std::lock_guard lock(mutex_);
    if (changed_ || gateways != gateways_) {
        keep_series_of(gateways);
        text_ = to_text(collect());
        gateways_ = gateways;
        changed_ = false;
    }
    return text_;
}

void Counters::keep_series_of(const std::vector<std::string>& gateways) {
    port_changes_.keep_gateways(gateways);
    gluetun_.keep_gateways(gateways);
    for (const auto& gateway : gateways) {
        port_changes_.at({{"gateway", gateway}});
        gluetun_.create(all_gluetun_labels(gateway));
    }
}

std::vector<MetricFamily> Counters::collect() const {
    auto families = registry_.Collect();
    // The library keeps series by hash; sorted, the text is easier to read.
    for (auto& family : families)
        std::ranges::sort(family.metric, {}, &prometheus::ClientMetric::label);
    families.push_back(single_gauge("roundhouse_last_round_timestamp_seconds",
                                    "When the last round ended, well or not; 0 before the first.",
                                    to_seconds(last_round_.time_since_epoch())));
    return families;
}

}  // namespace roundhouse
