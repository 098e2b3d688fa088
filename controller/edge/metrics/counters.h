// What is counted as it happens: rounds, steps, changes of forwarded ports, calls to Docker and
// Gluetun, requests without the API key. Every series exists from the first scrape on; those of a
// gateway exist as long as it does.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "edge/docker/runtime.h"
#include "edge/gluetun/client.h"
#include "edge/metrics/families.h"
#include "edge/metrics/series.h"
#include "loop/clock.h"
#include "loop/meters.h"

namespace roundhouse {

// Any thread.
class Counters {
  public:
    // The clock must outlive this.
    explicit Counters(const Clock& clock);

    void round_ended(RoundOutcome outcome, Duration took);
    void step_ended(const Step& step, bool well, Duration took);
    void forwarded_ports_changed(const std::string& gateway);
    void docker_call_ended(const DockerCallEnd& call);
    void gluetun_request_ended(const GluetunRequest& request);
    void http_unauthorized();

    // The text format of Prometheus. Removes the series of gateways that are not in `gateways`.
    std::string text(const std::vector<std::string>& gateways);

  private:
    using CounterSeries = Series<prometheus::Counter>;
    using HistogramSeries = Series<prometheus::Histogram>;

    CounterSeries counters(const char* name, const char* help);
    HistogramSeries histograms(const char* name, const char* help, const HistogramSeries::Buckets&);
    void keep_series_of(const std::vector<std::string>& gateways);
    std::vector<MetricFamily> collect() const;

    const Clock& clock_;
    std::mutex mutex_;  // guards what follows
    // The text of the last scrape, which is returned again until something is counted.
    std::string text_;
    std::vector<std::string> gateways_;  // of that scrape
    bool changed_ = true;                // since that scrape
    prometheus::Registry registry_;
    Time last_round_{};
    std::optional<Monotonic> differs_since_;
    CounterSeries rounds_;
    HistogramSeries round_durations_;
    HistogramSeries convergences_;
    CounterSeries steps_;
    HistogramSeries step_durations_;
    CounterSeries rehosts_;
    CounterSeries port_changes_;
    HistogramSeries docker_;
    HistogramSeries gluetun_;
    CounterSeries unauthorized_;
};

}  // namespace roundhouse
