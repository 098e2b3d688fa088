// What ends a wait. Every decision that is neither a step nor "keep, and ready" has one: a time, a
// fact that is awaited, or a person who has to do something.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace roundhouse {

enum class Fact {
    gateway_ready,   // of one gateway, or of the first of several ("a or b")
    engine_ready,    // an engine becomes ready, or is found to have failed
    engine_idle,     // an engine is not in use any more
    engine_gone,     // the container is removed, so that its slot and its ports are free
    step_ended,      // the step under way for the engine
    probe_ended,     // the next probe of the engine
    image_present,   // the pull under way
    engine_known,    // Docker's next answer about the engine
    port_forwarded,  // a gateway forwards a port
};

struct Awaited {
    Fact fact = Fact::gateway_ready;
    std::string subject;  // name of the gateway, the engine or the image

    bool operator==(const Awaited&) const = default;
};

// What follows when a wait ends by itself.
enum class AfterWait {
    judged_again,  // what happens then depends on what the next look shows
    used_again,    // an engine whose gateway was not ready
    created,
    started,
    replaced,
    removed,
    replaced_unless_ready,
    moved_unless_ready,  // to another gateway, unless its own is ready by then
    pulled_again,        // the image, by which engines are created
    tried_again,         // the step that failed
};

struct Wait {
    std::optional<Time> until;    // time alone may end the wait then
    std::optional<Awaited> fact;  // this may end it earlier
    std::string remedy;           // nothing ends it by itself: what a person has to do
    // With `until` or `fact`; nullopt: not known yet.
    std::optional<AfterWait> then = std::nullopt;

    // Whether anything ends it.
    bool ends() const { return until || fact || !remedy.empty(); }
    // No step of ours, no time and no event ends it.
    bool needs_person() const { return !until && !fact && !remedy.empty(); }

    bool operator==(const Wait&) const = default;
};

// "gateway gluetun is ready", "acestream-2 is ready", "the pull of IMAGE ends".
std::string to_string(const Awaited& awaited);

// "replaced", "moved to another gateway unless its own is ready".
std::string_view to_string(AfterWait outcome);

// What happens by itself, and when: "until acestream-2 is ready, at the latest at
// 2026-01-01T00:00:00Z, then replaced"; else "nothing happens by itself". What a person has to do
// is left to the caller. Empty for a wait that nothing ends.
std::string describe_end(const Wait& wait);

// The same with what a person has to do: "nothing happens by itself: publish 19000-19019 on
// gluetun".
std::string describe(const Wait& wait);

}  // namespace roundhouse
