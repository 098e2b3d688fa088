// The replies of several controllers, as one and in one table.
#include "edge/command/many_replies.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "edge/command/many_tables.h"

using namespace roundhouse;

namespace {

std::string engines_of(const std::string& gateway, const std::string& fault = "") {
    return R"({"lookFault":")" + fault + R"(","items":[{"name":"ace-0",)" + R"("gateway":")" +
           gateway + R"(","host":")" + gateway +
           R"(","port":19000,"p2pPort":22000,"ready":true,"state":"running",)" +
           R"("reason":"UpToDate"}]})";
}

std::string table(Resource resource, const std::vector<ControllerReply>& replies) {
    return as_table_of_many(resource, merged(replies), {});
}

}  // namespace

TEST_SUITE("several controllers") {
    TEST_CASE("items say whose they are, in the order of the controllers' names") {
        const Json all = merged({{"192.0.2.2", "pod-b", engines_of("gluetun-b"), ""},
                                 {"192.0.2.3", "", "", "connection refused"},
                                 {"192.0.2.1", "pod-a", engines_of("gluetun-a"), ""}});
        CHECK(is_of_many(all));
        CHECK_FALSE(is_of_many(Json::object()));
        const Json& items = list_of(all, "items");
        REQUIRE(items.size() == 2);
        CHECK(items[0].begin().key() == "controller");
        CHECK(text_of(items[0], "controller") == "pod-a");
        CHECK(text_of(items[1], "gateway") == "gluetun-b");
        CHECK(one_line(list_of(all, "controllers")) ==
              R"([{"controller":"192.0.2.3","address":"192.0.2.3","answers":false,)"
              R"("problem":"connection refused"},)"
              R"({"controller":"pod-a","address":"192.0.2.1","answers":true,"problem":""},)"
              R"({"controller":"pod-b","address":"192.0.2.2","answers":true,"problem":""}])");
    }

    TEST_CASE("a reply without items is an item") {
        const Json all = merged({{"192.0.2.1", "", R"({"name":"acestream"})", ""}});
        CHECK(one_line(list_of(all, "items")) ==
              R"([{"controller":"192.0.2.1","name":"acestream"}])");
        CHECK(one_line(merged({{"a", "", "<html>", ""}})) ==
              R"({"controllers":[{"controller":"a","address":"a","answers":false,"problem":)"
              R"("the reply is not JSON (byte 1); is it a roundhouse?"}],"items":[]})");
        CHECK(one_line(list_of(merged({{"a", "", "[1]", ""}}), "items")) ==
              R"([{"controller":"a"}])");
    }

    TEST_CASE("one table has all items, and a row for who does not answer") {
        CHECK(table(Resource::engines, {{"192.0.2.2", "pod-long-b", engines_of("gluetun-b"), ""},
                                        {"192.0.2.3", "", "", "no\nroute"},
                                        {"192.0.2.1", "pod-a", engines_of("gluetun-a"), ""}}) ==
              "CONTROLLER  ENGINE  READY  SESSIONS  STATE    REASON    ADDRESS          P2P PORT  "
              "GATEWAY    AGE\n"
              "pod-a       ace-0   yes    -         running  UpToDate  gluetun-a:19000  22000     "
              "gluetun-a  -\n"
              "pod-long-b  ace-0   yes    -         running  UpToDate  gluetun-b:19000  22000     "
              "gluetun-b  -\n"
              "192.0.2.3   no route\n");
        const std::string blind = engines_of("gluetun-a", "no such folder");
        CHECK(table(Resource::engines, {{"192.0.2.1", "pod-a", blind, ""}})
                  .ends_with("\npod-a       cannot look at its engines: no such folder\n"));
    }

    TEST_CASE("each pool has its own table") {
        const auto pool = [](const std::string& name) {
            return R"({"controller":"pod-)" + name + R"(","name":"acestream","replicas":4})";
        };
        const std::string text =
            table(Resource::pool, {{"192.0.2.1", "pod-a", pool("a"), ""},
                                   {"192.0.2.2", "pod-b", pool("b"), ""},
                                   {"192.0.2.3", "", "", "connection refused"}});
        CHECK(text.starts_with("pod-a:\nPOOL "));
        CHECK(text.find("\n\npod-b:\nPOOL ") != std::string::npos);
        CHECK(text.ends_with("\n\n192.0.2.3: connection refused\n"));
    }
}
