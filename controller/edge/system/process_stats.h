// The kernel's figures about this process, for the standard process metrics of Prometheus.
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

// A figure that /proc does not give is 0. Any thread.
ProcessStats read_process_stats();

}  // namespace roundhouse
