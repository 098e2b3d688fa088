// What the HTTP server uses of Boost.Asio.
#pragma once

// False: Asio pairs its own allocation functions. GCC 12 sees only one of them inlined at -O1.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#ifdef __SANITIZE_THREAD__  // does not see Asio's fences, which only repeat what its mutexes do
#pragma GCC diagnostic ignored "-Wtsan"
#endif

#include <utility>  // Asio's coroutines need it and do not include it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace roundhouse {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Completion token: the operation is awaited, and sets `error` instead of throwing.
inline auto await_into(error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

}  // namespace roundhouse
