// Good specs come into force, bad ones do not.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "edge/spec/source.h"
#include "unit/loop/bench_of_fakes.h"
#include "unit/temporary_folder.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

std::string spec_text(const std::string& name, int replicas) {
    return "apiVersion: roundhouse/v1\nkind: EnginePool\nmetadata: {name: " + name +
           "}\nspec: {replicas: " + std::to_string(replicas) + ", gateways: [gluetun]}\n";
}

struct SourceBench {
    TemporaryFolder folder;
    std::string path = folder.path() + "/engines.yaml";
    Board board;
    ManualClock clock;
    KeptJournal journal;
    bool admits = true;
    int admissions = 0;
    SpecSource source{path, {}, board, clock, journal, [this](const EnginePool&) {
                          ++admissions;
                          return admits;
                      }};

    void save(const std::string& text) {
        std::ofstream(path, std::ios::trunc) << text;
        source.load();
    }

    Truth spec_valid() const {
        const auto conditions = board.conditions();
        const auto found = std::ranges::find(conditions, "SpecValid", &Condition::type);
        return found == conditions.end() ? Truth::unknown : found->status;
    }

    int replicas() const { return board.spec().pool->replicas; }
};

}  // namespace

TEST_SUITE("spec source") {
    TEST_CASE("a good spec comes into force, an equal one changes nothing") {
        SourceBench bench;
        bench.save(spec_text("acestream", 3));
        CHECK(bench.replicas() == 3);
        CHECK(bench.board.spec().generation == 1);
        bench.save("# a comment\n" + spec_text("acestream", 3));
        CHECK(bench.board.spec().generation == 1);
        bench.save(spec_text("acestream", 4));
        CHECK(bench.board.spec().generation == 2);
        CHECK(bench.spec_valid() == Truth::yes);
        CHECK(bench.admissions == 1);
    }

    TEST_CASE("what a spec asks for in vain is said once, and shown while it is so") {
        SourceBench bench;
        std::string remark = "this Pod has 2 slots";
        SpecSource source(
            bench.path, {}, bench.board, bench.clock, bench.journal,
            [](const EnginePool&) { return true; },
            [&](const EnginePool& pool) -> Result<SpecSource::Adapted> {
                EnginePool adapted = pool;
                adapted.replicas = 2;
                return SpecSource::Adapted{adapted, remark};
            });
        std::ofstream(bench.path) << spec_text("acestream", 3);
        const auto message = [&] { return bench.board.conditions().front().message; };
        for (int i = 0; i < 2; ++i) {
            source.load();
            CHECK(bench.replicas() == 2);
            CHECK(bench.spec_valid() == Truth::yes);
            CHECK(message() == remark);
        }
        CHECK(bench.journal.count("spec warning") == 1);
        remark = "";
        source.load();
        CHECK(message() == "");
    }

    TEST_CASE("the last good spec stays in force whatever happens to the file") {
        SourceBench bench;
        bench.save(spec_text("acestream", 3));
        for (const char* text : {"", "spec: [", "kind: Pod\n", "replicas: 0\n"}) {
            bench.save(text);
            CHECK(bench.spec_valid() == Truth::no);
            CHECK(bench.replicas() == 3);
        }
        std::remove(bench.path.c_str());
        bench.source.load();
        CHECK(bench.replicas() == 3);
        bench.save(spec_text("acestream", 3));
        CHECK(bench.spec_valid() == Truth::yes);
        CHECK(bench.board.spec().generation == 1);
    }

    TEST_CASE("the same errors are logged once") {
        SourceBench bench;
        bench.save("kind: Pod\n");
        const int logged = bench.journal.count("spec refused");
        CHECK(logged > 0);
        bench.save("kind: Pod\n");
        CHECK(bench.journal.count("spec refused") == logged);
    }

    TEST_CASE("a pool cannot be renamed under a running controller") {
        SourceBench bench;
        bench.save(spec_text("acestream", 3));
        bench.save(spec_text("other", 3));
        CHECK(bench.board.spec().pool->name == "acestream");
        CHECK(bench.spec_valid() == Truth::no);
        CHECK(bench.journal.count("roundhouse down") == 1);
    }

    TEST_CASE("without admission no spec comes into force") {
        SourceBench bench;
        bench.admits = false;
        bench.save(spec_text("acestream", 3));
        CHECK(bench.board.spec().pool == nullptr);
    }
}
