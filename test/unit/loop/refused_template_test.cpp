// Rounds with a template that Docker refuses.
#include <doctest/doctest.h>

#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;

using Names = std::vector<std::string>;

TEST_SUITE("refused template") {
    TEST_CASE("a template that Docker refuses is tried again ever more rarely") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        const Fault refused{FaultKind::rejected, "docker: create acestream-0: bad parameter"};
        bench.docker.fail_next(Operation::create, {Mishap::When::before, refused}, 1000);
        for (int second = 0; second < 60; ++second) {
            bench.round();
            bench.advance(std::chrono::seconds{1});
        }
        // At 0, 1, 3, 7, 15 and 31 s.
        CHECK(bench.docker.changing_calls().size() == 6);
        CHECK_FALSE(bench.round().matches);

        // An edited template is a fresh start.
        EnginePool edited = pool_of(1);
        edited.engine_template.env = {{"A", "B"}};
        bench.board.accept(edited);
        bench.round();
        CHECK(bench.docker.changing_calls().size() == 7);
        bench.advance(std::chrono::seconds{1});
        bench.round();
        CHECK(bench.docker.changing_calls().size() == 8);
    }

    TEST_CASE("where Docker refuses an edited template, the one before heals engines") {
        LoopBench bench(pool_of(3));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());

        EnginePool edited = pool_of(3);
        edited.engine_template.resources.nano_cpus = 1'000'000'000'000;
        bench.board.accept(edited);
        Fault refused{FaultKind::rejected, "docker: 2 CPUs: change spec.template.resources.cpus"};
        refused.bad_request = true;
        bench.docker.fail_next(Operation::create, {Mishap::When::before, refused}, 1);
        // One engine gives way for the edit, and is back by the template before.
        for (int second = 0; second < 60; ++second) {
            bench.round();
            bench.advance(std::chrono::seconds{1});
        }
        CHECK(bench.calls_of(Operation::create) == 5);
        CHECK(bench.running() == Names{"acestream-0", "acestream-1", "acestream-2"});
        CHECK_FALSE(bench.round().matches);
        CHECK(bench.condition("Ready").status == Truth::yes);
        const Condition accepted = bench.condition("TemplateAccepted");
        CHECK(accepted.status == Truth::no);
        CHECK(accepted.message.find("change spec.template.resources.cpus") != std::string::npos);
        CHECK(bench.condition("Progressing").reason == "Stuck");

        bench.docker.remove_container("acestream-1");
        bench.run_for(10s);
        CHECK(bench.running() == Names{"acestream-0", "acestream-1", "acestream-2"});

        edited.engine_template.resources.nano_cpus = 1'000'000'000;
        bench.board.accept(edited);
        CHECK(bench.converges());
        CHECK(bench.condition("TemplateAccepted").status == Truth::yes);
        for (const auto& name : bench.running())
            CHECK(bench.docker.find(name)->request.resources.nano_cpus == 1'000'000'000);
    }

    TEST_CASE("where the image of an edited template cannot be pulled, the one before heals") {
        LoopBench bench(pool_of(3));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        const std::string image = pool_of(3).engine_template.image;

        EnginePool edited = pool_of(3);
        edited.engine_template.image = "engine:typo";
        SUBCASE("pulled if not present") {}
        SUBCASE("pulled always") {
            edited.engine_template.pull_policy = PullPolicy::always;
        }
        bench.board.accept(edited);
        bench.run_for(60s);
        // At 0, 1, 3, 7, 15 and 31 s.
        CHECK(bench.calls_of(Operation::pull) == 6);
        CHECK(bench.condition("Ready").status == Truth::yes);
        const Condition accepted = bench.condition("TemplateAccepted");
        CHECK(accepted.status == Truth::no);
        CHECK(accepted.reason == "ImageNotPulled");
        CHECK(accepted.message.find("pull engine:typo: manifest unknown") != std::string::npos);
        CHECK_FALSE(bench.round().matches);

        bench.docker.remove_container("acestream-1");
        bench.run_for(3s);
        CHECK(bench.running() == Names{"acestream-0", "acestream-1", "acestream-2"});
        CHECK(bench.docker.find("acestream-1")->image == image);

        bench.docker.offer_image("engine:typo");
        bench.run_for(60s);
        CHECK(bench.round().matches);
        CHECK(bench.calls_of(Operation::pull) == 7);
        CHECK(bench.condition("TemplateAccepted").status == Truth::yes);
        for (const auto& name : bench.running())
            CHECK(bench.docker.find(name)->image == "engine:typo");
    }

    TEST_CASE("an image that was loaded by hand after a pull failed is used at once") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        EnginePool edited = pool_of(1);
        edited.engine_template.image = "engine:built-here";
        bench.board.accept(edited);
        bench.run_for(20s);
        CHECK(bench.condition("TemplateAccepted").status == Truth::no);
        bench.docker.add_image("engine:built-here");
        bench.run_for(3s);
        CHECK(bench.round().matches);
        CHECK(bench.docker.find("acestream-0")->image == "engine:built-here");
    }

    TEST_CASE("where neither the edited image nor the one before is there, nothing stands in") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        EnginePool edited = pool_of(1);
        edited.engine_template.image = "engine:typo";
        bench.docker.remove_image(pool_of(1).engine_template.image);
        bench.board.accept(edited);
        bench.run_for(20s);
        CHECK(bench.condition("TemplateAccepted").status == Truth::yes);
        CHECK(bench.condition("Progressing").message.find("manifest unknown") != std::string::npos);
        CHECK(bench.running() == Names{"acestream-0"});
    }

    TEST_CASE("where an edited template cannot be started, the one before heals engines") {
        LoopBench bench(pool_of(3));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());

        EnginePool edited = pool_of(3);
        edited.engine_template.user = "nobody_such";
        bench.board.accept(edited);
        Fault refused{FaultKind::rejected, "docker: no such user: change spec.template.user"};
        refused.bad_request = true;
        bench.docker.fail_next(Operation::start, {Mishap::When::before, refused}, 1);
        bench.run_for(60s);
        CHECK(bench.running() == Names{"acestream-0", "acestream-1", "acestream-2"});
        CHECK(bench.condition("Ready").status == Truth::yes);
        const Condition accepted = bench.condition("TemplateAccepted");
        CHECK(accepted.status == Truth::no);
        CHECK(accepted.message.find("change spec.template.user") != std::string::npos);

        bench.docker.remove_container("acestream-1");
        bench.run_for(10s);
        CHECK(bench.running() == Names{"acestream-0", "acestream-1", "acestream-2"});
        for (const auto& name : bench.running())
            CHECK(bench.docker.find(name)->request.user.empty());
    }
}
