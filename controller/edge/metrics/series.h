// The series of one family of counters or histograms, by their labels.
#pragma once

#include <prometheus/family.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace roundhouse {

template <class Metric>
class Series {
  public:
    using Buckets = prometheus::Histogram::BucketBoundaries;

    // `buckets`: upper bounds, for histograms.
    explicit Series(prometheus::Family<Metric>& family, Buckets buckets = {})
        : family_(family), buckets_(std::move(buckets)) {}

    // Creates the series if it does not exist.
    Metric& at(const prometheus::Labels& labels) {
        Metric*& metric = metrics_[labels];
        if (metric == nullptr) metric = &add(labels);
        return *metric;
    }

    void create(const std::vector<prometheus::Labels>& all) {
        for (const auto& labels : all)
            at(labels);
    }

    // Removes the series of all other gateways.
    void keep_gateways(const std::vector<std::string>& names) {
        std::erase_if(metrics_, [&](const auto& entry) {
            if (std::ranges::find(names, entry.first.at("gateway")) != names.end()) return false;
            family_.Remove(entry.second);
            return true;
        });
    }

  private:
    Metric& add(const prometheus::Labels& labels) {
        if constexpr (std::is_same_v<Metric, prometheus::Histogram>) {
            return family_.Add(labels, buckets_);
        } else {
            return family_.Add(labels);
        }
    }

    prometheus::Family<Metric>& family_;
    Buckets buckets_;
    std::map<prometheus::Labels, Metric*> metrics_;
};

}  // namespace roundhouse
