#include "edge/metrics/families.h"

#include <prometheus/text_serializer.h>

namespace roundhouse {

using prometheus::MetricType;

MetricFamily gauge_family(std::string name, std::string help) {
    return {std::move(name), std::move(help), MetricType::Gauge, {}};
}

void add_gauge(MetricFamily& family, const MetricLabels& labels, double value) {
    prometheus::ClientMetric metric;
    for (const auto& [name, text] : labels)
        metric.label.push_back({name, text});
    metric.gauge.value = value;
    family.metric.push_back(std::move(metric));
}

MetricFamily single_gauge(std::string name, std::string help, double value) {
    auto family = gauge_family(std::move(name), std::move(help));
    add_gauge(family, {}, value);
    return family;
}

MetricFamily single_counter(std::string name, std::string help, double value) {
    prometheus::ClientMetric metric;
    metric.counter.value = value;
    return {std::move(name), std::move(help), MetricType::Counter, {std::move(metric)}};
}

std::string to_text(std::vector<MetricFamily> families) {
    std::erase_if(families, [](const MetricFamily& family) { return family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace roundhouse
