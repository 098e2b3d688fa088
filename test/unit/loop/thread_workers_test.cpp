// Jobs beside the caller, on real threads.
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <latch>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include "loop/thread_workers.h"

using namespace roundhouse;

TEST_SUITE("workers") {
    TEST_CASE("as many jobs as were begun are done at the same time, and all before the end") {
        constexpr int jobs = 9;
        std::atomic<int> done = 0;
        {
            std::latch all(jobs);
            ThreadWorkers workers;
            for (int i = 0; i < jobs; ++i) {
                CHECK(workers.begin([&] {
                    all.arrive_and_wait();  // else it would never end
                    ++done;
                }));
            }
        }
        CHECK(done == jobs);
    }

    TEST_CASE("threads are kept for the next jobs") {
        std::size_t started = 0;
        ThreadWorkers workers([&](std::function<void()> work) {
            ++started;
            return std::jthread(std::move(work));
        });
        for (int i = 0; i < 20; ++i) {
            std::thread::id other;
            workers.do_all({[] {}, [&] { other = std::this_thread::get_id(); }});
            CHECK(other != std::this_thread::get_id());
        }
        // Not one: who has just done a job may not be back yet when the next one is begun.
        CHECK(started < 20);
    }

    TEST_CASE("after many jobs at once a few threads are kept") {
        std::size_t started = 0;
        std::atomic<std::size_t> ended = 0;
        ThreadWorkers workers([&](const std::function<void()>& work) {
            ++started;
            return std::jthread([&ended, work] {
                work();
                ++ended;
            });
        });
        constexpr std::size_t jobs = 3 * ThreadWorkers::most_idle;
        std::latch all(jobs);
        workers.do_all(std::vector<Job>(jobs, [&] { all.arrive_and_wait(); }));
        CHECK(started == jobs - 1);  // the caller does one
        while (started - ended > ThreadWorkers::most_idle) {
            std::this_thread::yield();  // else it would never end
        }
        workers.do_all(std::vector<Job>(2, [] {}));
        CHECK(started == jobs - 1);
    }

    TEST_CASE("what gets no thread is reported, or done by the caller") {
        int threads_left = 2;
        ThreadWorkers workers([&](std::function<void()> work) {
            if (threads_left-- <= 0) {
                throw std::system_error(
                    std::make_error_code(std::errc::resource_unavailable_try_again));
            }
            return std::jthread(std::move(work));
        });
        std::latch end(1);
        std::latch ended(2);
        const Job waits = [&] {
            end.wait();
            ended.count_down();
        };
        CHECK(workers.begin(waits));
        CHECK(workers.begin(waits));
        CHECK_FALSE(workers.begin([] { FAIL("it was dropped"); }));
        std::set<std::thread::id> threads;
        const Job inline_job = [&] { threads.insert(std::this_thread::get_id()); };
        workers.do_all({inline_job, inline_job, inline_job});
        CHECK(threads == std::set{std::this_thread::get_id()});
        end.count_down();
        ended.wait();
    }
}
