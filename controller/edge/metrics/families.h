// Families of metrics as prometheus-cpp collects them, and their text.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

namespace roundhouse {

using prometheus::MetricFamily;
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

MetricFamily gauge_family(std::string name, std::string help);
void add_gauge(MetricFamily& family, const MetricLabels& labels, double value);

// A family of one value without labels.
MetricFamily single_gauge(std::string name, std::string help, double value);
MetricFamily single_counter(std::string name, std::string help, double value);

// The text format of Prometheus, without the families that are empty.
std::string to_text(std::vector<MetricFamily> families);

}  // namespace roundhouse
