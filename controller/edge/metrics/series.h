// Labels of what is counted: those of one thing that happened, and of everything that can, so that
// each series is there before its first event.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "edge/docker/measured_runtime.h"
#include "edge/gluetun/client.h"
#include "loop/meters.h"

namespace roundhouse {

using SeriesLabels = std::map<std::string, std::string>;

SeriesLabels round_labels(RoundOutcome outcome);
std::vector<SeriesLabels> all_round_labels();

SeriesLabels step_labels(const Step& step, bool well);
std::vector<SeriesLabels> all_step_labels();
// The actions alone.
std::vector<SeriesLabels> all_action_labels();

// Whether the step gave an engine another network: that of another gateway, or of another
// incarnation of the same one.
bool is_rehost(const Step& step);
std::vector<SeriesLabels> all_rehost_labels();

SeriesLabels docker_labels(const MeasuredCall& call);
std::vector<SeriesLabels> all_docker_labels();

SeriesLabels gluetun_labels(const GluetunRequest& request);
std::vector<SeriesLabels> all_gluetun_labels(const std::string& gateway);

}  // namespace roundhouse
