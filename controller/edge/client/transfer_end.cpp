#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "edge/client/transfer.h"
#include "edge/text/foreign_text.h"

namespace roundhouse {

namespace {

constexpr std::size_t longest_detail = 300;

// Whether the host's name, if it is one, was resolved: libcurl counts at least 1 us for that.
bool has_address(const Transfer& transfer) {
    curl_off_t lookup_us = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_NAMELOOKUP_TIME_T, &lookup_us);
    return lookup_us > 0;
}

bool says_nothing_is_left(long error) {
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

bool nothing_arrived(CURLcode code, const Transfer& transfer) {
    switch (code) {
        case CURLE_URL_MALFORMAT:
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_GOT_NOTHING: return transfer.head_bytes == 0;
        default: return false;
    }
}

std::string errno_message(long number) {
    return std::generic_category().message(static_cast<int>(number));
}

HttpProblem problem_of_connect(long os_error) {
    switch (os_error) {
        case ENOENT: return HttpProblem::socket_missing;
        case EACCES:
        case EPERM: return HttpProblem::permission_denied;
        case ECONNREFUSED: return HttpProblem::connection_refused;
        default: return HttpProblem::unreachable;
    }
}

HttpProblem problem_of(CURLcode code, const Transfer& transfer, long os_error) {
    if (transfer.too_large) return HttpProblem::too_large;
    // libcurl takes a connection that ends within a head for the end of a reply.
    const bool is_whole = transfer.head_arrived || transfer.request.connect_only;
    switch (code) {
        case CURLE_OK: return is_whole ? HttpProblem::none : HttpProblem::broken;
        case CURLE_COULDNT_RESOLVE_HOST: return HttpProblem::unreachable;
        case CURLE_COULDNT_CONNECT: return problem_of_connect(os_error);
        case CURLE_OPERATION_TIMEDOUT:
            return transfer.connected ? HttpProblem::timed_out : HttpProblem::unreachable;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION: return HttpProblem::tls_failed;
        default: return HttpProblem::broken;
    }
}

std::string detail_of(HttpProblem problem, CURLcode code, const Transfer& transfer, long os_error) {
    const char* from_curl =
        transfer.error[0] != '\0' ? transfer.error.data() : curl_easy_strerror(code);
    if (code == CURLE_OK && problem == HttpProblem::broken) from_curl = "it ends within its head";
    switch (problem) {
        case HttpProblem::none: return "";
        case HttpProblem::connection_refused: return "connection refused";
        case HttpProblem::timed_out:
            return "no whole reply within " + format_duration(transfer.request.timeout);
        case HttpProblem::too_large:
            return "the reply is larger than " + std::to_string(transfer.request.max_reply_bytes) +
                   " bytes";
        case HttpProblem::unreachable:
            if (code != CURLE_COULDNT_CONNECT) return from_curl;
            return os_error != 0 ? errno_message(os_error) : from_curl;
        default: return from_curl;
    }
}

}  // namespace

void judge_end(Transfer& transfer, CURLcode code) {
    HttpReply& reply = transfer.reply;
    long os_error = transfer.socket_error;
    if (os_error == 0) curl_easy_getinfo(transfer.easy.get(), CURLINFO_OS_ERRNO, &os_error);
    reply.problem = problem_of(code, transfer, os_error);
    reply.detail = cleaned(detail_of(reply.problem, code, transfer, os_error), longest_detail);
    reply.not_sent = says_nothing_is_left(transfer.socket_error);
    reply.nothing_arrived = nothing_arrived(code, transfer);
    reply.connect_timed_out =
        code == CURLE_OPERATION_TIMEDOUT && !transfer.connected && has_address(transfer);
}

}  // namespace roundhouse
