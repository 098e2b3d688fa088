// The Journal as lines on stderr.
//
//   text  2026-01-01T00:00:00.123Z info  engine started engine=acestream-0 reason=GatewayRecreated
//   json  {"time":"2026-01-01T00:00:00.123Z","level":"info","message":"engine started",...}
#pragma once

#include <cstdio>
#include <memory>

#include "loop/journal.h"

namespace roundhouse {

enum class LogFormat { text, json };

struct LogSettings {
    Severity level = Severity::info;  // less severe entries are dropped
    LogFormat format = LogFormat::text;
    bool colours = false;  // for the level, in text only
};

// Writes each entry at once, as one line. Values that hold spaces, quotes, '=' or control
// characters are quoted as JSON strings; invalid UTF-8 becomes U+FFFD; values are cut at 4 KiB. The
// names time, level and message are taken: do not use them for fields. Any thread. An entry that
// cannot be written is dropped.
class Log : public Journal {
  public:
    // `out` must outlive this object.
    explicit Log(const LogSettings& settings, std::FILE* out = stderr);
    ~Log() override;
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void record(const JournalEntry& entry) override;

  private:
    struct Sink;  // keeps the log library out of this header

    LogFormat format_;
    std::unique_ptr<Sink> sink_;
};

}  // namespace roundhouse
