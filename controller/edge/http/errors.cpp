#include "edge/http/errors.h"

#include "edge/http/views.h"

namespace roundhouse {

Response error_response(int status, const std::string& message) {
    Response response;
    response.status = status;
    response.headers = {{"Cache-Control", "no-store"}};
    response.body = error_as_json(status, message);
    return response;
}

Response unauthorized(const std::string& message) {
    Response response = error_response(401, message);
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

Response not_found(const std::string& paths) {
    return error_response(404, "there is no such path; there are: " + paths);
}

Response method_not_allowed(std::string_view path, const std::string& allowed) {
    Response response = error_response(405, std::string(path) + " takes " + allowed);
    response.headers.emplace_back("Allow", allowed);
    return response;
}

Response internal_error() {
    return error_response(500, "the controller failed to answer; ask again");
}

}  // namespace roundhouse
