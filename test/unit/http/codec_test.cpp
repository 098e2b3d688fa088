// Bytes into requests, and responses into bytes.
#include "edge/http/codec.h"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace roundhouse;

namespace {

constexpr RequestLimits small{.head_bytes = 200, .body_bytes = 10};

// The first request or error that is decoded from pieces of this size.
std::optional<DecodedRequest> first_of(std::string_view bytes, std::size_t piece,
                                       const RequestLimits& limits = small) {
    RequestDecoder decoder(limits);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        decoder.feed(bytes.substr(at, piece));
        if (auto decoded = decoder.next()) return decoded;
    }
    return std::nullopt;
}

int error_status_of(const std::optional<DecodedRequest>& decoded) {
    return decoded && decoded->error ? decoded->error->status : 0;
}

std::string head_with(const std::string& headers, const std::string& method = "POST") {
    return method + " / HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}

const std::string chunked = "Transfer-Encoding: chunked\r\n";

}  // namespace

TEST_CASE("a request is the same in whatever pieces it comes") {
    const std::string bytes =
        "POST /a/../b?c=%2e HTTP/1.1\r\nHost: x\r\nX-Mixed-Case: v\r\nX-Mixed-Case: second\r\n"
        "Content-Length: 5\r\n\r\nhello";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        CAPTURE(piece);
        const auto decoded = first_of(bytes, piece);
        REQUIRE(decoded);
        CHECK_FALSE(decoded->error);
        CHECK(decoded->request.method == "POST");
        CHECK(decoded->request.target == "/a/../b?c=%2e");
        CHECK(decoded->request.headers.at("x-mixed-case") == "v");
        CHECK(decoded->request.body == "hello");
        CHECK(decoded->keep_alive);
        CHECK_FALSE(decoded->http_1_0);
    }
}

TEST_CASE("chunks become a body, whatever stands between them") {
    const std::string bytes =
        head_with(chunked) + "2;note=1\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        CAPTURE(piece);
        const auto decoded = first_of(bytes, piece);
        REQUIRE(decoded);
        CHECK_FALSE(decoded->error);
        CHECK(decoded->request.body == "hello");
        CHECK_FALSE(decoded->request.headers.contains("x"));  // it came too late to be one
    }
}

TEST_CASE("a body of no chunks is empty, in whatever pieces it comes") {
    const std::string bytes = head_with(chunked) + "0\r\n\r\n";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        CAPTURE(piece);
        const auto decoded = first_of(bytes, piece);
        REQUIRE(decoded);
        CHECK_FALSE(decoded->error);
        CHECK(decoded->request.body.empty());
    }
}

TEST_CASE("requests that come together are taken one after the other, blank lines between them") {
    RequestDecoder decoder(small);
    decoder.feed(head_with("", "GET") + "\r\n" + head_with("", "HEAD") + "PO");
    CHECK(decoder.next()->request.method == "GET");
    CHECK(decoder.next()->request.method == "HEAD");
    CHECK_FALSE(decoder.next());
    CHECK(decoder.is_in_request());
    decoder.feed("ST / HTTP/1.0\r\n\r\n");
    CHECK(decoder.next()->http_1_0);
    CHECK_FALSE(decoder.is_in_request());
    CHECK_FALSE(decoder.next());
}

TEST_CASE("what is no request, or has two readings, is answered 400") {
    struct Row {
        std::string what;
        std::string bytes;
    };
    const Row rows[] = {
        {"garbage", "\x01\x02\x03\x04\r\n\r\n"},
        {"a TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)},
        {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {"HTTP/0.9", "GET /\r\n\r\n"},
        {"NUL in the target", std::string("GET /\0 HTTP/1.1\r\n\r\n", 19)},
        {"NUL in a header", head_with(std::string("X: a\0b\r\n", 8))},
        {"a line break without a carriage return", "GET / HTTP/1.1\nHost: x\n\r\n\r\n"},
        {"a blank before the colon", head_with("X : y\r\n")},
        {"two lengths", head_with("Content-Length: 1\r\nContent-Length: 2\r\n")},
        {"two lengths in one", head_with("Content-Length: 1, 2\r\n")},
        {"a negative length", head_with("Content-Length: -1\r\n")},
        {"a length with a sign", head_with("Content-Length: +1\r\n")},
        {"a length beyond all numbers", head_with("Content-Length: 99999999999999999999999\r\n")},
        {"a length and chunks", head_with("Content-Length: 5\r\n" + chunked)},
        {"chunks and a length", head_with(chunked + "Content-Length: 5\r\n")},
        {"chunks twice", head_with(chunked + chunked)},
        {"an unknown encoding", head_with("Transfer-Encoding: gzip\r\n")},
        {"chunks that are not last", head_with("Transfer-Encoding: chunked, gzip\r\n")},
        {"chunks that are last of two", head_with("Transfer-Encoding: gzip, chunked\r\n")},
        {"chunks, listed twice", head_with("Transfer-Encoding: chunked, chunked\r\n")},
        {"chunks in a list of one", head_with("Transfer-Encoding: chunked,\r\n")},
        {"chunks with a parameter", head_with("Transfer-Encoding: chunked;q=1\r\n")},
        {"chunks in quotes", head_with("Transfer-Encoding: \"chunked\"\r\n")},
        {"no encoding by name", head_with("Transfer-Encoding: identity\r\n")},
        {"an empty encoding", head_with("Transfer-Encoding:\r\n")},
        {"an encoding before chunks", head_with("Transfer-Encoding: gzip\r\n" + chunked)},
        {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\n" + chunked + "\r\n0\r\n\r\n"},
        {"an encoding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\n"},
        {"a length twice", head_with("Content-Length: 5\r\nContent-Length: 5\r\n")},
        {"a length twice in one", head_with("Content-Length: 5, 5\r\n")},
        {"a length in a list of one", head_with("Content-Length: 5,\r\n")},
        {"an empty length", head_with("Content-Length:\r\n")},
        {"a length in hexadecimal", head_with("Content-Length: 0x5\r\n")},
        {"a folded header", head_with("X: a\r\n b\r\n")},
        {"a header folded by a tab", head_with("X: a\r\n\tb\r\n")},
        {"a header folded before its value", head_with("Content-Length:\r\n 5\r\n")},
        {"a fold without text", head_with("X: a\r\n \r\n")},
        {"a folded encoding", head_with("Transfer-Encoding:\r\n chunked\r\n")},
        {"a folded first line", "GET / HTTP/1.1\r\n Host: x\r\n\r\n"},
        {"no host", "GET / HTTP/1.1\r\n\r\n"},
        {"two hosts", head_with("Host: y\r\n")},
        {"the same host twice", head_with("Host: x\r\n")},
        {"an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        {"a host that is a URL", "GET / HTTP/1.1\r\nHost: http://x\r\n\r\n"},
        {"a host with a path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"},
        {"a host with a blank", "GET / HTTP/1.1\r\nHost: x y\r\n\r\n"},
        {"two hosts in one", "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n"},
        {"a host with a user", "GET / HTTP/1.1\r\nHost: u@x\r\n\r\n"},
        {"a port that is no number", "GET / HTTP/1.1\r\nHost: x:http\r\n\r\n"},
        {"an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
        {"a bad host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: x/y\r\n\r\n"},
        {"a target without a host", "GET http:///x HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"a target with a user", "GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n"},
        {"a target without Host", "GET http://x/ HTTP/1.1\r\n\r\n"},
        {"a chunk without a size", head_with(chunked) + "hello\r\n"},
        {"a chunk longer than said", head_with(chunked) + "2\r\nhello\r\n0\r\n\r\n"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        for (const std::size_t piece : {std::size_t{1}, row.bytes.size()}) {
            const auto decoded = first_of(row.bytes, piece);
            CHECK(error_status_of(decoded) == 400);
            if (decoded) CHECK_FALSE(decoded->keep_alive);
        }
    }
}

TEST_CASE("the plain forms of framing are read") {
    const std::string bodies[] = {
        head_with("Content-Length: 5\r\n") + "hello",
        head_with("content-length:5\r\n") + "hello",
        head_with("Content-Length: \t 5 \r\n") + "hello",
        head_with("Transfer-Encoding: Chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
    };
    for (const auto& bytes : bodies) {
        CAPTURE(bytes);
        const auto decoded = first_of(bytes, 1);
        REQUIRE(decoded);
        CHECK_FALSE(decoded->error);
        CHECK(decoded->request.body == "hello");
    }
}

TEST_CASE("a target that names a host is its path, and its host is the one that counts") {
    struct Row {
        std::string target;
        std::string host;
        std::string path;
    };
    const Row rows[] = {
        {"http://nas/metrics", "nas", "/metrics"},
        {"HTTP://nas:9190/a/../b?c=%2e", "nas:9190", "/a/../b?c=%2e"},
        {"https://[::1]:9190/", "[::1]:9190", "/"},
        {"http://nas", "nas", "/"},
        {"http://nas?x=/y", "nas", "/?x=/y"},
        {"http://nas//x", "nas", "//x"},
        {"ftp://nas/x", "x", "ftp://nas/x"},
        {"/http://nas/x", "x", "/http://nas/x"},
        {"*", "x", "*"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.target);
        const auto decoded = first_of("GET " + row.target + " HTTP/1.1\r\nHost: x\r\n\r\n", 7);
        REQUIRE(decoded);
        REQUIRE_FALSE(decoded->error);
        CHECK(decoded->request.target == row.path);
        CHECK(decoded->request.headers.at("host") == row.host);
    }
}

TEST_CASE("HTTP/1.0 needs no host") {
    const auto decoded = first_of("GET / HTTP/1.0\r\n\r\n", 1);
    REQUIRE(decoded);
    CHECK_FALSE(decoded->error);
    CHECK_FALSE(decoded->request.headers.contains("host"));
}

TEST_CASE("an error is JSON that nobody caches, and the last response of its connection") {
    RequestDecoder decoder(small);
    decoder.feed("GET / HTTP/1.1\r\n\r\n");
    const auto decoded = decoder.next();
    REQUIRE(decoded);
    REQUIRE(decoded->error);
    CHECK(decoded->error->content_type == "application/json");
    CHECK(decoded->error->body.find("\"code\": 400") != std::string::npos);
    CHECK(decoded->error->body.find("send one Host header") != std::string::npos);
    CHECK(encode_head(*decoded->error, *decoded, {}).find("Cache-Control: no-store\r\n") !=
          std::string::npos);
    decoder.feed(head_with("", "GET"));
    CHECK_FALSE(decoder.next());
    CHECK_FALSE(decoder.is_in_request());
}

TEST_CASE("a head has its limit, in whatever pieces it comes") {
    const auto head_of_size = [](std::size_t size) {
        const std::string rest = "GET / HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n";
        return "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(size - rest.size(), 'a') +
               "\r\n\r\n";
    };
    for (const std::size_t piece : {1U, 3U, 100U, 1000U}) {
        CAPTURE(piece);
        const auto whole = first_of(head_of_size(200), piece);
        REQUIRE(whole);
        CHECK_FALSE(whole->error);
        CHECK(error_status_of(first_of(head_of_size(201), piece)) == 431);
    }
    CHECK(error_status_of(first_of("GET /" + std::string(300, 'a'), 7)) == 431);
}

TEST_CASE("headers that come one by one never add up to more than a head") {
    RequestDecoder decoder(small);
    decoder.feed("GET / HTTP/1.1\r\n");
    std::optional<DecodedRequest> decoded;
    for (int lines = 0; lines < 100 && !decoded; ++lines) {
        decoder.feed("X: y\r\n");
        decoded = decoder.next();
    }
    CHECK(error_status_of(decoded) == 431);
}

TEST_CASE("a body has its limit, said beforehand or not") {
    const auto with_length = [](int size) {
        return head_with("Content-Length: " + std::to_string(size) + "\r\n");
    };
    for (const std::size_t piece : {1U, 3U, 1000U}) {
        CAPTURE(piece);
        CHECK(first_of(with_length(10) + "0123456789", piece)->request.body == "0123456789");
        CHECK(error_status_of(first_of(with_length(11), piece)) == 413);
        const std::string nearly = head_with(chunked) + "9\r\n012345678\r\n";
        CHECK(first_of(nearly + "1\r\n9\r\n0\r\n\r\n", piece)->request.body == "0123456789");
        CHECK(error_status_of(first_of(nearly + "2\r\n9", piece)) == 413);
        const std::string chatter = head_with(chunked) + "1;" + std::string(300, 'x');
        CHECK(error_status_of(first_of(chatter, piece)) == 400);
    }
}

TEST_CASE("a client that expects 100 Continue gets it once, and only if it waits for it") {
    const std::string expecting = "Expect: 100-continue\r\nContent-Length: 2\r\n";
    RequestDecoder decoder(small);
    decoder.feed(head_with(expecting));
    CHECK_FALSE(decoder.next());
    CHECK(decoder.expects_continue());
    CHECK_FALSE(decoder.expects_continue());
    decoder.feed("ok");
    CHECK(decoder.next()->request.body == "ok");

    const std::string not_waiting[] = {
        head_with(expecting) + "o",
        head_with("Expect: 100-continue\r\nContent-Length: 0\r\n"),
        head_with("Expect: 100-continue\r\nContent-Length: 11\r\n"),
        "POST / HTTP/1.0\r\n" + expecting + "\r\n",
        head_with("Content-Length: 2\r\n"),
    };
    for (const auto& bytes : not_waiting) {
        CAPTURE(bytes);
        RequestDecoder other(small);
        other.feed(bytes);
        other.next();
        CHECK_FALSE(other.expects_continue());
    }
}

TEST_CASE("no bytes upset the decoder") {
    const std::string good = head_with(chunked) + "2;n=1\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n" +
                             head_with("Content-Length: 3\r\n") + "abc" + head_with("", "GET");
    std::mt19937 random(4);  // NOLINT(cert-msc51-cpp): the same each time
    std::size_t whole = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = good;
        for (int flips = 0; flips < 3; ++flips) {
            bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
        }
        RequestDecoder decoder(small);
        std::size_t at = 0;
        while (at < bytes.size()) {
            const std::size_t piece = 1 + random() % 40;
            decoder.feed(std::string_view(bytes).substr(at, piece));
            at += piece;
            while (const auto decoded = decoder.next()) {
                whole += decoded->error ? 0 : 1;
                CHECK(decoded->request.body.size() <= small.body_bytes);
            }
        }
    }
    CHECK(whole > 1000);
}

TEST_CASE("the head of a response") {
    const std::chrono::system_clock::time_point then{std::chrono::seconds(784111777)};
    const std::string date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    DecodedRequest decoded;
    decoded.keep_alive = true;
    Response response;
    response.headers = {{"Allow", "GET"}};
    response.body = "{}\n";
    CHECK(encode_head(response, decoded, then) ==
          "HTTP/1.1 200 OK\r\n" + date +
              "Content-Type: application/json\r\nContent-Length: 3\r\nAllow: GET\r\n\r\n");
    CHECK(sends_body(response, decoded));

    SUBCASE("says what becomes of the connection where the client would expect something else") {
        decoded.http_1_0 = true;
        CHECK(encode_head(response, decoded, then).ends_with("\r\nConnection: keep-alive\r\n\r\n"));
        decoded.keep_alive = false;
        CHECK(encode_head(response, decoded, then).ends_with("\r\nConnection: close\r\n\r\n"));
    }
    SUBCASE("keeps the length without the body after HEAD") {
        decoded.request.method = "HEAD";
        CHECK(encode_head(response, decoded, then).find("Content-Length: 3\r\n") !=
              std::string::npos);
        CHECK_FALSE(sends_body(response, decoded));
    }
    SUBCASE("has neither length nor type where there is no body by the status") {
        response.status = 204;
        CHECK(encode_head(response, decoded, then) ==
              "HTTP/1.1 204 No Content\r\n" + date + "Allow: GET\r\n\r\n");
        CHECK_FALSE(sends_body(response, decoded));
    }
    SUBCASE("of a stream has no length, is not kept anywhere, and its connection ends with it") {
        response.next = [] { return ""; };
        CHECK(encode_head(response, decoded, then) ==
              "HTTP/1.1 200 OK\r\n" + date +
                  "Content-Type: application/json\r\nAllow: GET\r\nCache-Control: no-store\r\n"
                  "X-Accel-Buffering: no\r\nConnection: close\r\n\r\n");
        response.headers = {{"Cache-Control", "no-cache"}};
        CHECK(encode_head(response, decoded, then).find("no-store") == std::string::npos);
    }
}
