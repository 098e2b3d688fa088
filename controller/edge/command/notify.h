// What `run` tells people and watchdogs, by the environment.
#pragma once

#include "edge/client/notifier.h"
#include "edge/command/environment.h"
#include "loop/board.h"

namespace roundhouse {

// The fault (`rejected`) names the variable whose URL, or file with one, cannot be used. It has
// nothing of a URL but an unknown format.
Result<NotifySettings> notify_settings(const Environment& environment);

// The pool serves when it is Ready and the loop is alive.
PoolOutlook outlook_of(const Board& board, Duration since_last_round);

}  // namespace roundhouse
