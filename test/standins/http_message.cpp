#include "http_message.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <ctime>

namespace standin {
namespace {

std::string lowered(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

const char* phrase_of(int status) {
    switch (status) {
        case 200: return "OK";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 413: return "Payload Too Large";
        case 500: return "Internal Server Error";
        case 503: return "Service Unavailable";
        default: return "Status";
    }
}

}  // namespace

std::string Request::header(std::string_view name) const {
    const std::string wanted = "\r\n" + lowered(name) + ":";
    const std::size_t found = lowered(head).find(wanted);
    if (found == std::string::npos) return "";
    const std::size_t begin = head.find_first_not_of(' ', found + wanted.size());
    if (begin == std::string::npos) return "";
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::string Request::parameter(std::string_view name) const {
    const std::string wanted = "&" + std::string(name) + "=";
    const std::string list = "&" + query;
    const std::size_t found = list.find(wanted);
    if (found == std::string::npos) return "";
    const std::size_t begin = found + wanted.size();
    return list.substr(begin, list.find('&', begin) - begin);
}

std::optional<Request> parse_head(std::string_view head) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t first = line.find(' ');
    const std::size_t second = first == line.npos ? line.npos : line.find(' ', first + 1);
    if (second == line.npos || !line.substr(second + 1).starts_with("HTTP/1.")) return std::nullopt;
    Request request;
    request.method = line.substr(0, first);
    request.target = line.substr(first + 1, second - first - 1);
    const std::size_t mark = request.target.find('?');
    request.path = request.target.substr(0, mark);
    if (mark != std::string::npos) request.query = request.target.substr(mark + 1);
    request.head = head;
    return request;
}

std::size_t content_length(const Request& request) {
    const std::string text = request.header("Content-Length");
    std::size_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    return length;
}

bool wants_to_keep_connection(const Request& request) {
    const bool by_default = request.head.substr(0, request.head.find("\r\n")).ends_with("HTTP/1.1");
    return by_default && lowered(request.header("Connection")) != "close";
}

std::string head_of(const Response& response, bool keeps_connection) {
    const std::size_t size = response.body.size() + response.filler_bytes;
    std::array<char, 40> date{};
    const std::time_t now = std::time(nullptr);
    std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&now));
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                       phrase_of(response.status) + "\r\nContent-Type: " + response.content_type +
                       "\r\nDate: " + date.data() + "\r\n";
    if (!response.more) head += "Content-Length: " + std::to_string(size) + "\r\n";
    for (const std::string& header : response.headers) {
        head += header + "\r\n";
    }
    return head + (keeps_connection ? "\r\n" : "Connection: close\r\n\r\n");
}

}  // namespace standin
