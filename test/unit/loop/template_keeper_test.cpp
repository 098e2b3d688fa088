#include "loop/template_keeper.h"

#include <doctest/doctest.h>

#include <memory>

namespace roundhouse {

namespace {

std::shared_ptr<const EnginePool> pool_with(std::int64_t nano_cpus, int replicas = 3) {
    EnginePool pool;
    pool.name = "acestream";
    pool.replicas = replicas;
    pool.engine_template.resources.nano_cpus = nano_cpus;
    return std::make_shared<const EnginePool>(pool);
}

TEST_SUITE("template keeper") {
    TEST_CASE("the template of the spec is in service until Docker refuses it") {
        TemplateKeeper keeper;
        const auto declared = pool_with(1);
        CHECK(keeper.in_service(declared, "").pool == declared);
        CHECK_FALSE(keeper.in_service(declared, "").refusal);
        keeper.accept(*declared);
        CHECK(keeper.in_service(declared, "").pool == declared);
    }

    TEST_CASE("a refused template is declared and not in service, where another was accepted") {
        TemplateKeeper keeper;
        keeper.accept(*pool_with(1));
        const auto refused = pool_with(2, 5);
        keeper.refuse(*refused, "too many");
        const auto in_service = keeper.in_service(refused, "");
        CHECK(in_service.pool->engine_template.resources.nano_cpus == 1);
        CHECK(in_service.pool->replicas == 5);  // the rest of the spec is followed
        REQUIRE(in_service.refusal);
        CHECK(*in_service.refusal == TemplateRefusal{"too many", true, false});
        CHECK(keeper.in_service(refused, "").pool == in_service.pool);  // the same object

        // Engines that are created meanwhile change nothing.
        keeper.accept(*in_service.pool);
        CHECK(keeper.in_service(refused, "").pool == in_service.pool);

        // Another number of replicas is no other template, and other CPUs are.
        CHECK(keeper.in_service(pool_with(2, 1), "").pool->engine_template.resources.nano_cpus ==
              1);
        CHECK(keeper.in_service(pool_with(3), "").pool->engine_template.resources.nano_cpus == 3);
        CHECK_FALSE(keeper.in_service(pool_with(3), "").refusal);
    }

    TEST_CASE("what does not need another engine is taken from the refused template") {
        TemplateKeeper keeper;
        keeper.accept(*pool_with(1));
        EnginePool refused = *pool_with(2);
        keeper.refuse(refused, "too many");
        refused.engine_template.probe.failure_threshold = 9;
        refused.engine_template.stop_timeout = 77s;
        refused.engine_template.registry_auth_file = "/auth.json";
        refused.engine_template.pull_policy = PullPolicy::never;
        const auto in_service = keeper.in_service(std::make_shared<const EnginePool>(refused), "");
        EngineTemplate expected = refused.engine_template;
        expected.resources.nano_cpus = 1;
        CHECK(in_service.pool->engine_template == expected);
    }

    TEST_CASE("while the image cannot be pulled the template before stands in, and pulls nothing") {
        TemplateKeeper keeper;
        keeper.accept(*pool_with(1));
        EnginePool mistyped = *pool_with(1);
        mistyped.engine_template.image = "engine:typo";
        const auto declared = std::make_shared<const EnginePool>(mistyped);
        const auto in_service = keeper.in_service(declared, "manifest unknown");
        CHECK(in_service.pool->engine_template.image == pool_with(1)->engine_template.image);
        CHECK(in_service.pool->engine_template.pull_policy == PullPolicy::never);
        CHECK(*in_service.refusal == TemplateRefusal{"manifest unknown", true, true});
        CHECK(keeper.in_service(declared, "manifest unknown").pool == in_service.pool);
        CHECK(keeper.in_service(declared, "").pool == declared);
    }

    TEST_CASE("without another template the refused one is tried again, until it is accepted") {
        TemplateKeeper keeper;
        const auto declared = pool_with(1);
        keeper.refuse(*declared, "no memory controller");
        CHECK(keeper.in_service(declared, "").pool == declared);
        CHECK(*keeper.in_service(declared, "").refusal ==
              TemplateRefusal{"no memory controller", false, false});
        keeper.accept(*declared);
        CHECK_FALSE(keeper.in_service(declared, "").refusal);
    }
}

}  // namespace

}  // namespace roundhouse
