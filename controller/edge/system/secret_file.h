// A secret in a file, read again at each use so that it can be changed without a restart.
#pragma once

#include <cstddef>
#include <string>

#include "loop/result.h"

namespace roundhouse {

// The text of a regular file without the line ends after it: 1 byte to 4 KiB, no control
// characters. Any thread. Never blocks, even if the path names a pipe. The fault (`rejected`) names
// the file and what is wrong with it, but nothing of its contents.
Result<std::string> read_secret(const std::string& path);

// The whole text of a regular file of at most `most_bytes`, such as a config file that holds
// secrets. Otherwise as read_secret().
Result<std::string> read_private_file(const std::string& path, std::size_t most_bytes);

}  // namespace roundhouse
