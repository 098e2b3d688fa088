// The names of containers, for messages: people know containers by name, and Docker speaks of ids.
#pragma once

#include <map>
#include <mutex>
#include <string>

namespace roundhouse {

// Any thread.
class ContainerNames {
  public:
    void note(const std::string& id, const std::string& name);

    // "acestream-0"; "container 0123456789ab" where the name is not known.
    std::string of(const std::string& id) const;

    // `text` with names in place of ids. An id whose name is not known keeps its first 12 digits.
    std::string in(const std::string& text) const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, std::string> names_;  // by id
};

}  // namespace roundhouse
