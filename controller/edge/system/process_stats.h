// What the kernel says of this process, for the metrics that every Prometheus client tells.
#pragma once

namespace roundhouse {

struct ProcessStats {
    double cpu_seconds = 0;
    double resident_bytes = 0;
    double virtual_bytes = 0;
    double open_fds = 0;
    double max_fds = 0;
    double threads = 0;
    double start_time = 0;  // seconds since the epoch; the same at each call
};

// What /proc does not tell is 0. Any thread.
ProcessStats read_process_stats();

}  // namespace roundhouse
