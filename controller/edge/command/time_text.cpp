#include "edge/command/time_text.h"

#include <algorithm>
#include <chrono>

#include "edge/command/table.h"

namespace roundhouse {

using namespace std::chrono;

std::string short_span(Duration duration) {
    const auto age = std::max(floor<seconds>(duration), seconds{0});
    if (age < minutes{2}) return age.count() == 0 ? "0s" : format_duration(age);
    if (age < days{1}) return format_duration(floor<minutes>(age));
    const auto whole_days = floor<days>(age);
    const auto rest = floor<hours>(age - whole_days);
    return std::to_string(whole_days.count()) + "d" +
           (rest.count() > 0 ? std::to_string(rest.count()) + "h" : "");
}

std::string age_of(const std::string& time, Time now) {
    const auto since = parse_time(time);
    return since ? short_span(now - *since) : "-";
}

std::string wait_text(const WaitWords& wait, Time now) {
    std::string text = wait.awaits;
    if (wait.due) {
        text += text.empty() ? "" : ", or ";
        text += *wait.due <= now ? "now" : "in " + short_span(ceil<seconds>(*wait.due - now));
    }
    if (!text.empty() && !wait.then.empty()) text += ", then " + wait.then;
    if (wait.remedy.empty()) return or_dash(text);
    return text + (text.empty() ? "nothing by itself: " : "; or do this: ") + wait.remedy;
}

}  // namespace roundhouse
