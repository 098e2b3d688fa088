// The server and well-behaved clients.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "unit/http/server_help.h"

using namespace roundhouse;

TEST_CASE("a request goes to the handler as it came, and its response back") {
    Request seen;
    const LocalServer server([&](const Request& request) {
        seen = request;
        Response response = text_response("made");
        response.status = 202;
        response.headers = {{"X-Note", "n"}};
        return response;
    });
    RawClient client(server.port(), post("a body", "X-Asked: Yes\r\n"));
    const std::string reply = client.read_reply();
    CHECK(reply.starts_with("HTTP/1.1 202 Accepted\r\nDate: "));
    CHECK(has(reply, " GMT\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nX-Note: n\r\n\r\n"));
    CHECK(reply.ends_with("made"));
    CHECK(seen.method == "POST");
    CHECK(seen.target == "/p");
    CHECK(seen.headers.at("x-asked") == "Yes");
    CHECK(seen.body == "a body");
}

TEST_CASE("targets are the handler's: nothing is decoded or tidied up on the way") {
    const LocalServer server;
    for (const std::string target :
         {"/../../etc/passwd", "//x", "/%2e%2e/%00", "/a?b=/../c", "ftp://elsewhere/x", "*"}) {
        CAPTURE(target);
        CHECK(has(RawClient(server.port(), get(target)).read_reply(), "\r\nGET " + target + "\n"));
    }
    const std::string absolute = get("http://elsewhere/%2e/x");
    CHECK(has(RawClient(server.port(), absolute).read_reply(), "\r\nGET /%2e/x\n"));
}

TEST_CASE("a connection carries many requests, also those sent ahead") {
    const LocalServer server;
    RawClient client(server.port());
    for (const std::string target : {"/1", "/2"}) {
        client.send(get(target));
        CHECK(has(client.read_reply(), "GET " + target + "\n"));
    }
    client.send(get("/3") + post("four") + get("/5").substr(0, 20));
    CHECK(has(client.read_reply(), "GET /3\n"));
    CHECK(has(client.read_reply(), "POST /p\nfour"));
    client.send(get("/5").substr(20));
    CHECK(has(client.read_reply(), "GET /5\n"));
}

TEST_CASE(
    "a connection ends when the client said so, or speaks HTTP/1.0 and did not ask for more") {
    const LocalServer server;
    for (const auto& request :
         {get("/x", "Connection: close\r\n"), std::string("GET /x HTTP/1.0\r\n\r\n")}) {
        CAPTURE(request);
        RawClient client(server.port(), request + get("/ignored"));
        const std::string all = client.read_to_end();
        CHECK(client.ended());
        CHECK(has(all, "Connection: close\r\n"));
        CHECK(all.ends_with("GET /x\n"));
    }
    RawClient old(server.port(), "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(has(old.read_reply(), "Connection: keep-alive\r\n"));
    old.send(get("/again"));
    CHECK(has(old.read_reply(), "GET /again\n"));
}

TEST_CASE("HEAD has the length and no body, 204 neither; the connection can be used on") {
    const LocalServer server([](const Request& request) {
        Response response = echo(request);
        if (request.target == "/none") response.status = 204;
        return response;
    });
    RawClient client(server.port(), "HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(has(client.read_until("\r\n\r\n"), "Content-Length: 8\r\n"));
    client.send(get("/none"));
    const std::string none = client.read_until("\r\n\r\n");
    CHECK(none.starts_with("HTTP/1.1 204 No Content\r\n"));
    CHECK_FALSE(has(none, "Content-Length"));
    client.send(get("/x"));
    CHECK(client.read_reply().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("a client that expects 100 Continue before it sends its body gets it") {
    const LocalServer server;
    const std::string whole = post("hello", "Expect: 100-continue\r\n");
    const auto body_at = whole.size() - 5;
    RawClient client(server.port(), whole.substr(0, body_at));
    CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(whole.substr(body_at));
    CHECK(has(client.read_reply(), "POST /p\nhello"));

    RawClient too_much(server.port(),
                       "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                       "Content-Length: 100000000\r\n\r\n");
    CHECK(too_much.read_to_end().starts_with("HTTP/1.1 413 "));
}

TEST_CASE("a body may come in chunks") {
    const LocalServer server;
    RawClient client(server.port(),
                     "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                     "\r\n2\r\nhe\r\n");
    client.send("3\r\nllo\r\n0\r\n\r\n" + get("/next"));
    CHECK(has(client.read_reply(), "POST /p\nhello"));
    CHECK(has(client.read_reply(), "GET /next\n"));
}

TEST_CASE("a client that closes its sending half still gets its answers") {
    const LocalServer server;
    RawClient client(server.port(), get("/1") + get("/2"));
    client.close_sending_half();
    const std::string all = client.read_to_end();
    CHECK(client.ended());
    CHECK(has(all, "GET /1\n"));
    CHECK(has(all, "GET /2\n"));
}

TEST_CASE("a handler that throws costs one request, and the response does not say why") {
    const LocalServer server([](const Request& request) {
        if (request.target == "/bad") throw std::runtime_error("a secret");
        if (request.target == "/odd") throw 4;
        return echo(request);
    });
    RawClient client(server.port());
    for (const std::string target : {"/bad", "/odd"}) {
        client.send(get(target));
        const std::string reply = client.read_reply();
        CHECK(reply.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
        CHECK(has(reply, "Content-Type: application/json\r\n"));
        CHECK(has(reply, "\"code\": 500"));
        CHECK_FALSE(has(reply, "secret"));
    }
    CHECK(serves(server));
}

TEST_CASE("what cannot be read is answered as JSON, and the connection ends") {
    const LocalServer server;
    for (const std::string bytes : {"\x16\x03\x01 hello, server", "BREW\r\n\r\n"}) {
        RawClient client(server.port(), bytes);
        const std::string reply = client.read_to_end();
        CHECK(client.ended());
        CHECK(reply.starts_with("HTTP/1.1 400 Bad Request\r\n"));
        CHECK(has(reply, "Connection: close\r\n"));
        CHECK(has(reply, "\"code\": 400"));
    }
}

TEST_CASE("it listens on the given address, and reports the one in use") {
    Server any;
    REQUIRE(any.listen({"0.0.0.0", 0}, echo).ok());
    CHECK(any.address().starts_with("0.0.0.0:"));
    CHECK(any.address() != "0.0.0.0:0");

    Server six;
    const auto listening = six.listen({"::1", 0}, echo);
    if (!listening) {
        MESSAGE("no IPv6 on this machine: " << listening.fault().message);
    } else {
        CHECK(six.address().starts_with("[::1]:"));
    }
}

TEST_CASE("where it cannot listen it says why") {
    const LocalServer first;
    const HostPort taken{"127.0.0.1", first.port()};
    Server second;
    const auto in_use = second.listen(taken, echo);
    REQUIRE_FALSE(in_use.ok());
    CHECK(in_use.fault().kind == FaultKind::rejected);
    CHECK(in_use.fault().message ==
          "cannot listen on " + host_port(taken.host, taken.port) +
              ": Address already in use: is another roundhouse running? ss -ltnp 'sport = :" +
              std::to_string(taken.port) + "' shows what listens there");
    CHECK(second.address().empty());

    Server third;
    const auto elsewhere = third.listen({"192.0.2.1", 9190}, echo);  // nobody's address
    REQUIRE_FALSE(elsewhere.ok());
    CHECK(has(elsewhere.fault().message, "cannot listen on 192.0.2.1:9190: "));

    Server fourth;
    const auto by_name = fourth.listen({"localhost", 0}, echo);
    REQUIRE_FALSE(by_name.ok());
    CHECK(by_name.fault().message == "cannot listen on localhost:0: Invalid argument");
}
