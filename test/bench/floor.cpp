// The least that any program could need: makes the calls to Docker that it is given, and decides
// nothing.
//   floor SOCKET IN_FLIGHT < work
// Each line of the work is what one container needs, a list of [METHOD, PATH, BODY] in JSON, done
// in order; "{id}" in a path is the id in the reply to an earlier call of the line. IN_FLIGHT lines
// are worked on at a time. Exits with 1 at the first call that Docker refuses.
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <curl/curl.h>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;

std::size_t append(const char* data, std::size_t size, std::size_t count, void* text) {
    static_cast<std::string*>(text)->append(data, size * count);
    return size * count;
}

// One connection to the daemon, kept for all calls. Belongs to one thread.
class Connection {
  public:
    explicit Connection(const char* socket) : curl_(curl_easy_init()) {
        headers_ = curl_slist_append(nullptr, "Content-Type: application/json");
        curl_easy_setopt(curl_, CURLOPT_UNIX_SOCKET_PATH, socket);
        curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, append);
        curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
    }
    ~Connection() {
        curl_slist_free_all(headers_);
        curl_easy_cleanup(curl_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // The body of the reply. Ends the program where there is none, or a refusal.
    std::string call(const std::string& method, const std::string& path, const std::string& body) {
        std::string reply;
        curl_easy_setopt(curl_, CURLOPT_URL, ("http://docker" + path).c_str());
        curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, method.c_str());
        curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        curl_easy_setopt(curl_, CURLOPT_COPYPOSTFIELDS, body.c_str());
        curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &reply);
        long status = 0;
        const CURLcode code = curl_easy_perform(curl_);
        curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
        if (code == CURLE_OK && status < 400) return reply;
        std::cerr << method << " " << path << ": " << status << " " << reply << "\n";
        std::_Exit(1);
    }

  private:
    CURL* curl_;
    curl_slist* headers_;
};

void work_on(const json& calls, Connection& docker) {
    std::string id;
    for (const json& call : calls) {
        std::string path = call[1];
        if (const auto at = path.find("{id}"); at != std::string::npos) path.replace(at, 4, id);
        const std::string body = call[2].is_null() ? "" : call[2].dump();
        const json reply = json::parse(docker.call(call[0], path, body), nullptr, false);
        if (reply.is_object() && reply.contains("Id")) id = reply["Id"];
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::cerr << "usage: floor SOCKET IN_FLIGHT < work\n";
        return 2;
    }
    std::vector<json> work;
    for (std::string line; std::getline(std::cin, line);)
        work.push_back(json::parse(line));
    curl_global_init(CURL_GLOBAL_ALL);
    std::atomic<std::size_t> next = 0;
    std::vector<std::jthread> threads;
    for (int i = std::atoi(arguments[2]); i > 0; --i) {
        threads.emplace_back([&] {
            Connection docker(arguments[1]);
            for (std::size_t mine = next++; mine < work.size(); mine = next++) {
                work_on(work[mine], docker);
            }
        });
    }
}
