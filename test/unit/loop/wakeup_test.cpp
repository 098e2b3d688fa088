// Notifications that wake the loop, and those that may come too often.
#include "loop/wakeup.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using namespace roundhouse;
using namespace std::chrono_literals;

TEST_SUITE("wakeup") {
    TEST_CASE("the first notification takes effect at once, those that follow together and later") {
        constexpr Duration interval = 300ms;
        const std::stop_token never;
        Wakeup wakeup;
        const auto begun = std::chrono::steady_clock::now();
        const auto passed = [&] { return std::chrono::steady_clock::now() - begun; };
        wakeup.notify_at_most_every(interval);
        CHECK(wakeup.wait(0ms, never));
        for (int i = 0; i < 100; ++i)
            wakeup.notify_at_most_every(interval);
        CHECK(wakeup.wait(10s, never));
        CHECK(passed() >= interval);
        CHECK_FALSE(wakeup.wait(2 * interval, never));

        wakeup.notify_at_most_every(interval);  // the interval is over: at once
        CHECK(wakeup.wait(0ms, never));
    }

    TEST_CASE("a wait under way ends when a notification is due, and others are not held back") {
        constexpr Duration interval = 100ms;
        const std::stop_token never;
        Wakeup wakeup;
        wakeup.notify_at_most_every(interval);
        CHECK(wakeup.wait(10s, never));
        const std::jthread client([&] { wakeup.notify_at_most_every(interval); });
        CHECK(wakeup.wait(10s, never));
        wakeup.notify_at_most_every(1h);  // due after `interval`; the next one an hour later
        CHECK(wakeup.wait(10s, never));
        wakeup.notify_at_most_every(interval);
        CHECK_FALSE(wakeup.wait(10ms, never));
        wakeup.notify();
        CHECK(wakeup.wait(0ms, never));
    }
}
