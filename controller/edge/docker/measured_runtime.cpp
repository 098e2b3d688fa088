#include "edge/docker/measured_runtime.h"

#include <chrono>
#include <utility>

namespace roundhouse {

namespace {

template <class Call>
auto measure(const std::function<void(const MeasuredCall&)>& tell, std::string_view operation,
             const Call& call) {
    using std::chrono::steady_clock;
    const auto began = steady_clock::now();
    auto result = call();
    MeasuredCall ended;
    ended.operation = operation;
    ended.seconds = std::chrono::duration<double>(steady_clock::now() - began).count();
    if (!result) ended.fault = result.fault().kind;
    tell(ended);
    return result;
}

}  // namespace

MeasuredRuntime::MeasuredRuntime(Runtime& inner, std::function<void(const MeasuredCall&)> on_call)
    : inner_(inner), on_call_(std::move(on_call)) {}

Result<std::vector<ContainerListing>> MeasuredRuntime::list_pool(const std::string& pool) {
    return measure(on_call_, "list", [&] { return inner_.list_pool(pool); });
}

Result<std::optional<EngineEnd>> MeasuredRuntime::inspect_end(const std::string& id) {
    return measure(on_call_, "inspect_engine", [&] { return inner_.inspect_end(id); });
}

Result<std::optional<GatewayContainer>> MeasuredRuntime::inspect_gateway(const std::string& name) {
    return measure(on_call_, "inspect_gateway", [&] { return inner_.inspect_gateway(name); });
}

Result<std::vector<NameHolder>> MeasuredRuntime::list_names(const std::string& prefix) {
    return measure(on_call_, "list_names", [&] { return inner_.list_names(prefix); });
}

Result<bool> MeasuredRuntime::has_image(const std::string& image) {
    return measure(on_call_, "inspect_image", [&] { return inner_.has_image(image); });
}

Result<std::string> MeasuredRuntime::create(const EngineRequest& request) {
    return measure(on_call_, "create", [&] { return inner_.create(request); });
}

Result<void> MeasuredRuntime::start(const std::string& id) {
    return measure(on_call_, "start", [&] { return inner_.start(id); });
}

Result<void> MeasuredRuntime::stop(const std::string& id, Duration grace) {
    return measure(on_call_, "stop", [&] { return inner_.stop(id, grace); });
}

Result<void> MeasuredRuntime::remove(const std::string& id) {
    return measure(on_call_, "remove", [&] { return inner_.remove(id); });
}

Result<void> MeasuredRuntime::pull(const std::string& image,
                                   const std::function<void(const std::string&)>& progress,
                                   std::stop_token stop) {
    return measure(on_call_, "pull", [&] { return inner_.pull(image, progress, std::move(stop)); });
}

Result<void> MeasuredRuntime::follow_events(
    const std::function<void()>& on_open, const std::function<void(const RuntimeEvent&)>& on_event,
    std::stop_token stop) {
    return inner_.follow_events(on_open, on_event, std::move(stop));
}

}  // namespace roundhouse
