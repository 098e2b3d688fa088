#include "edge/pod/folder_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace roundhouse {

FolderWatch::FolderWatch(const std::vector<std::string>& folders)
    : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      interrupted_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!inotify_.valid()) return;
    for (const auto& folder : folders)
        ::inotify_add_watch(inotify_.get(), folder.c_str(), IN_MOVED_TO | IN_DELETE | IN_ONLYDIR);
}

void FolderWatch::wait(Duration at_most) {
    constexpr Duration unwatched{100};
    const bool is_blind = !inotify_.valid() || !interrupted_.valid();
    const Duration wait = is_blind ? std::min(at_most, unwatched) : at_most;
    std::array<pollfd, 2> sources{{{inotify_.get(), POLLIN, 0}, {interrupted_.get(), POLLIN, 0}}};
    ::poll(sources.data(), sources.size(), static_cast<int>(std::max(wait, Duration{0}).count()));
    alignas(inotify_event) std::array<char, 4096> events{};
    while (inotify_.valid() && ::read(inotify_.get(), events.data(), events.size()) > 0) {
    }
    std::uint64_t interruptions = 0;
    (void)!::read(interrupted_.get(), &interruptions, sizeof interruptions);
}

void FolderWatch::interrupt() {
    const std::uint64_t one = 1;
    (void)!::write(interrupted_.get(), &one, sizeof one);
}

}  // namespace roundhouse
