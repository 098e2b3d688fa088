#include <string>

#include "edge/command/api_client.h"
#include "edge/command/commands.h"
#include "edge/command/print.h"
#include "edge/system/exit_code.h"
#include "edge/text/strings.h"

namespace roundhouse {

int command_drain(const CommandLine& line, const Environment& environment) {
    ApiClient client(line, environment);
    const std::string path = "/api/v1/engines/" + percent_escape(line.engine) +
                             (line.replace ? "/drain?replace=true" : "/drain");
    if (!client.post(path)) {
        print_problem(client.failure().message);
        return client.failure().exit_code;
    }
    return print_result(line.engine + " gets no new sessions, and is " +
                            (line.replace ? "replaced" : "removed") + " when it is idle\n",
                        exit_code::success);
}

}  // namespace roundhouse
