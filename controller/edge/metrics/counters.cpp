#include "edge/metrics/counters.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "edge/metrics/gauges.h"
#include "edge/metrics/series.h"
#include "edge/system/process_stats.h"
#include "edge/system/version.h"

namespace roundhouse {

namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using prometheus::Registry;
using Buckets = prometheus::Histogram::BucketBoundaries;

// Upper bounds in seconds.
const Buckets call_buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                           0.5,   1,      2.5,   5,    10,    30,   60};
const Buckets step_buckets{0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120};
const Buckets round_buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
const Buckets convergence_buckets{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600};

// One family, and its series by their labels.
template <class Metric>
class Series {
  public:
    explicit Series(prometheus::Family<Metric>& family, Buckets buckets = {})
        : family_(family), buckets_(std::move(buckets)) {}

    // Made when it is first asked for.
    Metric& at(const SeriesLabels& labels) {
        Metric*& metric = metrics_[labels];
        if (metric == nullptr) metric = &add(labels);
        return *metric;
    }

    void make(const std::vector<SeriesLabels>& all) {
        for (const auto& labels : all)
            at(labels);
    }

    // Forgets the series of gateways that are not among these.
    void keep_gateways(const std::vector<std::string>& names) {
        std::erase_if(metrics_, [&](const auto& entry) {
            if (std::ranges::find(names, entry.first.at("gateway")) != names.end()) return false;
            family_.Remove(entry.second);
            return true;
        });
    }

  private:
    Metric& add(const SeriesLabels& labels) {
        if constexpr (std::is_same_v<Metric, prometheus::Histogram>) {
            return family_.Add(labels, buckets_);
        } else {
            return family_.Add(labels);
        }
    }

    prometheus::Family<Metric>& family_;
    Buckets buckets_;
    std::map<SeriesLabels, Metric*> metrics_;
};

using CounterSeries = Series<prometheus::Counter>;
using HistogramSeries = Series<prometheus::Histogram>;

CounterSeries counters(Registry& registry, const char* name, const char* help) {
    return CounterSeries(prometheus::BuildCounter().Name(name).Help(help).Register(registry));
}

HistogramSeries histograms(Registry& registry, const char* name, const char* help,
                           const Buckets& buckets) {
    return HistogramSeries(prometheus::BuildHistogram().Name(name).Help(help).Register(registry),
                           buckets);
}

MetricFamily single(MetricType type, const char* name, const char* help, double value) {
    prometheus::ClientMetric metric;
    metric.gauge.value = value;
    metric.counter.value = value;
    return {name, help, type, {std::move(metric)}};
}

GaugeFamily build_info() {
    const MetricLabels labels{{"version", version()}, {"commit", commit()}};
    return {"roundhouse_build_info", "1; the labels say which build this is.", {{labels, 1}}};
}

MetricFamily to_family(const GaugeFamily& gauges) {
    MetricFamily family{gauges.name, gauges.help, MetricType::Gauge, {}};
    for (const auto& [labels, value] : gauges.values) {
        prometheus::ClientMetric metric;
        for (const auto& [name, text] : labels)
            metric.label.push_back({name, text});
        metric.gauge.value = value;
        family.metric.push_back(std::move(metric));
    }
    return family;
}

void add_process(std::vector<MetricFamily>& families) {
    const ProcessStats stats = read_process_stats();
    const auto add = [&](MetricType type, const char* name, const char* help, double value) {
        families.push_back(single(type, name, help, value));
    };
    add(MetricType::Counter, "process_cpu_seconds_total",
        "CPU time of this process, user and system.", stats.cpu_seconds);
    add(MetricType::Gauge, "process_resident_memory_bytes", "Memory of this process in RAM.",
        stats.resident_bytes);
    add(MetricType::Gauge, "process_virtual_memory_bytes", "Address space of this process.",
        stats.virtual_bytes);
    add(MetricType::Gauge, "process_open_fds", "Open file descriptors.", stats.open_fds);
    add(MetricType::Gauge, "process_max_fds", "File descriptors that may be open.", stats.max_fds);
    add(MetricType::Gauge, "process_threads", "Threads of this process.", stats.threads);
    add(MetricType::Gauge, "process_start_time_seconds", "When this process started.",
        stats.start_time);
}

std::string serialize(std::vector<MetricFamily> families) {
    // A name without a series would be a type of nothing.
    std::erase_if(families, [](const MetricFamily& family) { return family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(families);
}

// The library keeps series by hash: readers of the text like an order.
void sort_series(MetricFamily& family) {
    std::ranges::sort(family.metric, {}, &prometheus::ClientMetric::label);
}

}  // namespace

class Metrics::Counters {
  public:
    explicit Counters(const Clock& clock) : clock_(clock) {
        rounds_.make(all_round_labels());
        round_durations_.make({{}});
        convergences_.make({{}});
        steps_.make(all_step_labels());
        step_durations_.make(all_action_labels());
        rehosts_.make(all_rehost_labels());
        docker_.make(all_docker_labels());
    }

    void round_ended(RoundOutcome outcome, Duration took) {
        const std::lock_guard lock(mutex_);
        changed_ = true;
        rounds_.at(round_labels(outcome)).Increment();
        round_durations_.at({}).Observe(to_seconds(took));
        last_round_ = clock_.now();
        // A failed look tells nothing of the world: what was awaited is awaited still.
        const Monotonic now = clock_.monotonic();
        if (outcome == RoundOutcome::differs && !differs_since_) differs_since_ = now;
        if (outcome == RoundOutcome::matched && differs_since_) {
            convergences_.at({}).Observe(to_seconds(now - *differs_since_));
            differs_since_.reset();
        }
    }

    void step_ended(const Step& step, bool well, Duration took) {
        const std::lock_guard lock(mutex_);
        changed_ = true;
        steps_.at(step_labels(step, well)).Increment();
        step_durations_.at({{"action", std::string(to_string(step.action))}})
            .Observe(to_seconds(took));
        if (well && is_rehost(step)) {
            rehosts_.at({{"reason", std::string(to_string(step.reason))}}).Increment();
        }
    }

    void forwarded_ports_changed(const std::string& gateway) {
        const std::lock_guard lock(mutex_);
        changed_ = true;
        port_changes_.at({{"gateway", gateway}}).Increment();
    }

    void docker_call_ended(const MeasuredCall& call) {
        const std::lock_guard lock(mutex_);
        changed_ = true;
        docker_.at(docker_labels(call)).Observe(call.seconds);
    }

    void gluetun_request_ended(const GluetunRequest& request) {
        const std::lock_guard lock(mutex_);
        changed_ = true;
        gluetun_.at(gluetun_labels(request)).Observe(to_seconds(request.took));
    }

    std::string text(const std::vector<std::string>& gateways) {
        const std::lock_guard lock(mutex_);
        if (changed_ || gateways != gateways_) {
            keep_series_of(gateways);
            text_ = serialize(collect());
            gateways_ = gateways;
            changed_ = false;
        }
        return text_;
    }

  private:
    void keep_series_of(const std::vector<std::string>& gateways) {
        port_changes_.keep_gateways(gateways);
        gluetun_.keep_gateways(gateways);
        for (const auto& gateway : gateways) {
            port_changes_.at({{"gateway", gateway}});
            gluetun_.make(all_gluetun_labels(gateway));
        }
    }

    std::vector<MetricFamily> collect() const {
        auto families = registry_.Collect();
        for (auto& family : families)
            sort_series(family);
        families.push_back(single(MetricType::Gauge, "roundhouse_last_round_timestamp_seconds",
                                  "When the last round ended, well or not; 0 before the first.",
                                  to_seconds(last_round_.time_since_epoch())));
        return families;
    }

    const Clock& clock_;
    std::mutex mutex_;  // guards what follows
    // The text of the last scrape, and its gateways. What is counted is most of /metrics and
    // changes seldom: whoever scrapes a thousand times a second gets the same text again.
    std::string text_;
    std::vector<std::string> gateways_;
    bool changed_ = true;  // since that scrape
    Registry registry_;
    Time last_round_{};
    std::optional<Monotonic> differs_since_;
    CounterSeries rounds_ =
        counters(registry_, "roundhouse_rounds_total",
                 "Rounds by what they found: the world as declared, or not; or no look was had.");
    HistogramSeries round_durations_ =
        histograms(registry_, "roundhouse_round_duration_seconds",
                   "How long a round took, without the steps that it handed out.", round_buckets);
    HistogramSeries convergences_ =
        histograms(registry_, "roundhouse_convergence_seconds",
                   "From the round that saw the world differ to the one that saw it match again.",
                   convergence_buckets);
    CounterSeries steps_ = counters(registry_, "roundhouse_steps_total",
                                    "Steps by what was done, why, and how that ended.");
    HistogramSeries step_durations_ = histograms(registry_, "roundhouse_step_duration_seconds",
                                                 "How long a step took.", step_buckets);
    CounterSeries rehosts_ =
        counters(registry_, "roundhouse_rehosts_total",
                 "Engines moved to another gateway, or to a new incarnation of theirs.");
    CounterSeries port_changes_ =
        counters(registry_, "roundhouse_forwarded_port_changes_total",
                 "How often a gateway reported other forwarded ports than before.");
    HistogramSeries docker_ =
        histograms(registry_, "roundhouse_docker_request_duration_seconds",
                   "How long Docker took to do what was asked.", call_buckets);
    HistogramSeries gluetun_ =
        histograms(registry_, "roundhouse_gluetun_request_duration_seconds",
                   "How long a gateway's control server took to reply.", call_buckets);
};

Metrics::Metrics(const Clock& clock) : counters_(std::make_unique<Counters>(clock)) {}

Metrics::~Metrics() = default;

void Metrics::round_ended(RoundOutcome outcome, Duration took) {
    counters_->round_ended(outcome, took);
}

void Metrics::step_ended(const Step& step, bool well, Duration took) {
    counters_->step_ended(step, well, took);
}

void Metrics::forwarded_ports_changed(const std::string& gateway) {
    counters_->forwarded_ports_changed(gateway);
}

void Metrics::docker_call_ended(const MeasuredCall& call) {
    counters_->docker_call_ended(call);
}

void Metrics::gluetun_request_ended(const GluetunRequest& request) {
    counters_->gluetun_request_ended(request);
}

std::string Metrics::text(const Board& board) {
    const BoardView view = read_board(board);
    std::vector<MetricFamily> families{to_family(build_info())};
    for (const auto& gauges : pool_gauges(view))
        families.push_back(to_family(gauges));
    add_process(families);
    return serialize(std::move(families)) + counters_->text(gateway_names(view));
}

}  // namespace roundhouse
