// The labels of one event, and the labels of every event that can happen, so that each series
// exists before its first event.
#pragma once

#include <prometheus/labels.h>

#include <string>
#include <vector>

#include "edge/docker/runtime.h"
#include "edge/gluetun/client.h"
#include "loop/meters.h"

namespace roundhouse {

prometheus::Labels round_labels(RoundOutcome outcome);
std::vector<prometheus::Labels> all_round_labels();

prometheus::Labels step_labels(const Step& step, bool well);
std::vector<prometheus::Labels> all_step_labels();
// With the label `action` only.
std::vector<prometheus::Labels> all_action_labels();

// Whether the step moves an engine to another gateway, or to another incarnation of its gateway.
bool is_rehost(const Step& step);
std::vector<prometheus::Labels> all_rehost_labels();

prometheus::Labels docker_labels(const DockerCallEnd& call);
std::vector<prometheus::Labels> all_docker_labels();

prometheus::Labels gluetun_labels(const GluetunRequest& request);
std::vector<prometheus::Labels> all_gluetun_labels(const std::string& gateway);

}  // namespace roundhouse
