// A secret in a file, read anew at each use so that it can be changed without a restart.
#pragma once

#include <string>

#include "loop/result.h"

namespace roundhouse {

// The text of a regular file without the line end after it; 1 byte to 4 KiB, no control characters.
// Any thread; never waits, whatever the path names. The fault (`rejected`) names the file and what
// is wrong with it, and nothing of its contents.
Result<std::string> read_secret(const std::string& path);

}  // namespace roundhouse
