#include "edge/gluetun/name_lookup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "edge/text/foreign_text.h"
#include "edge/text/host_name.h"

namespace roundhouse {

namespace {

using Found = Result<std::vector<std::string>>;

Fault no_address(const std::string& name, const std::string& why) {
    return {FaultKind::unavailable, "the name " + in_quotes(name) + " cannot be resolved: " + why};
}

std::string ip_of(const addrinfo& entry) {
    std::array<char, NI_MAXHOST> text{};
    const int error = ::getnameinfo(entry.ai_addr, entry.ai_addrlen, text.data(), text.size(),
                                    nullptr, 0, NI_NUMERICHOST);
    return error == 0 ? text.data() : "";
}

// Blocks as long as the system's resolver does.
Found ask_resolver(const std::string& name) {
    for (const int family : {AF_INET, AF_INET6}) {
        addrinfo wanted{};
        wanted.ai_family = family;
        wanted.ai_socktype = SOCK_STREAM;
        addrinfo* list = nullptr;
        const int error = ::getaddrinfo(name.c_str(), nullptr, &wanted, &list);
        if (error != 0) {
            if (family == AF_INET6) return no_address(name, ::gai_strerror(error));
            continue;
        }
        std::vector<std::string> addresses;
        for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
            if (std::string ip = ip_of(*entry); !ip.empty()) addresses.push_back(std::move(ip));
        }
        ::freeaddrinfo(list);
        if (!addresses.empty()) return addresses;
    }
    return no_address(name, "it has no address");
}

}  // namespace

struct NameLookup::Lookups {
    struct Entry {
        int waiters = 0;  // calls that wait for it; the last one erases the entry
        bool running = false;
        std::optional<Found> found;
    };
    std::mutex mutex;  // guards `entries`; never held during a look-up
    std::condition_variable changed;
    std::map<std::string, Entry> entries;
};

NameLookup::NameLookup() : lookups_(std::make_shared<Lookups>()) {}

Result<std::string> NameLookup::find(const std::string& name,
                                     std::chrono::steady_clock::time_point deadline) {
    auto all = find_all(name, deadline);
    if (!all) return all.fault();
    return std::move(all.value().front());
}

Result<std::vector<std::string>> NameLookup::find_all(
    const std::string& name, std::chrono::steady_clock::time_point deadline) {
    if (is_ip_address(name)) return std::vector{name};
    std::unique_lock lock(lookups_->mutex);
    Lookups::Entry& entry = lookups_->entries[name];
    if (!entry.running && !entry.found) {
        entry.running = true;
        const auto look_up = [lookups = lookups_, name] {
            Found found = ask_resolver(name);
            const std::lock_guard guard(lookups->mutex);
            const auto at = lookups->entries.find(name);
            at->second.running = false;
            if (at->second.waiters == 0) {
                lookups->entries.erase(at);
            } else {
                at->second.found = std::move(found);
            }
            lookups->changed.notify_all();
        };
        try {
            std::thread(look_up).detach();
        } catch (const std::system_error& error) {
            lookups_->entries.erase(name);
            return no_address(name, error.what());
        }
    }
    ++entry.waiters;
    lookups_->changed.wait_until(lock, deadline, [&] { return entry.found.has_value(); });
    --entry.waiters;
    Found answer = entry.found.value_or(no_address(name, "no answer in time"));
    if (entry.waiters == 0 && !entry.running) lookups_->entries.erase(name);
    return answer;
}

}  // namespace roundhouse
