// The error responses of the HTTP API: {"error": {"code", "message"}}, never cached.
#pragma once

#include <string>
#include <string_view>

#include "edge/http/message.h"

namespace roundhouse {

// `message` is for the caller; it holds no secret and repeats nothing of the request.
Response error_response(int status, const std::string& message);

// 401, with the scheme to authenticate by.
Response unauthorized(const std::string& message);

// 404. `paths` lists those that exist: "/, /healthz".
Response not_found(const std::string& paths);

// 405. `allowed` lists the methods of `path`: "GET, HEAD, OPTIONS".
Response method_not_allowed(std::string_view path, const std::string& allowed);

// 500, for an exception. Its text is about the controller's internals, so it is not sent.
Response internal_error();

}  // namespace roundhouse
