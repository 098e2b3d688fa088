// A request of HttpTransfers that is under way. For this room only.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "edge/client/transfers.h"

namespace roundhouse {

struct EasyCloser {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct HeaderCloser {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// A request that has not ended. libcurl keeps pointers into it: it never moves.
struct Transfer {
    HttpRequest request;
    HttpReply reply;
    std::unique_ptr<curl_slist, HeaderCloser> headers;
    std::unique_ptr<CURL, EasyCloser> easy;  // declared after `headers`: it is closed first
    std::array<char, CURL_ERROR_SIZE> error{};

    bool connected = false;
    bool head_arrived = false;
    std::size_t head_bytes = 0;
    OwnConnections* own = nullptr;
    long socket_error = 0;  // errno, when there was no socket for the last address
    bool opened = false;    // on_open was called
    bool too_large = false;
    std::string undelivered;  // arrived, and not yet passed to on_bytes
    std::chrono::steady_clock::time_point last_byte = std::chrono::steady_clock::now();

    bool streams() const { return request.on_bytes && reply.status >= 200 && reply.status < 300; }
};

// Fills in the reply's problem, and what belongs to it, by what libcurl says at the end.
void judge_end(Transfer& transfer, CURLcode code);

}  // namespace roundhouse
