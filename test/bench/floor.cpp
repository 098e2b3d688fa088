// The least that any program could need: makes the calls to Docker that it is given, and decides
// nothing.
//   floor SOCKET IN_FLIGHT [EVENT] < work
// Each line of the work is what one container needs, a list of [METHOD, PATH, BODY] in JSON, done
// in order; "{id}" in a path is the id in the reply to an earlier call of the line. It begins at
// the end of its input. IN_FLIGHT lines are worked on at a time. Exits with 1 at the first call
// that Docker refuses; that a container is gone is no refusal.
//   With an EVENT, "die" or "destroy", it prints "listens", and begins with a line when Docker
// reports that event of the container that the path of the line's first call names.
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <curl/curl.h>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;

std::size_t append(const char* data, std::size_t size, std::size_t count, void* text) {
    static_cast<std::string*>(text)->append(data, size * count);
    return size * count;
}

// What the threads share: lines to work on, in the order in which they are due.
class Queue {
  public:
    void push(json calls) {
        const std::lock_guard lock(mutex_);
        due_.push_back(std::move(calls));
        changed_.notify_one();
    }
    // nullopt: there is no further line.
    std::optional<json> pop() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ended_ || !due_.empty(); });
        if (due_.empty()) return std::nullopt;
        json calls = std::move(due_.front());
        due_.pop_front();
        return calls;
    }
    void end() {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<json> due_;
    bool ended_ = false;
};

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
        if (code == CURLE_OK && (status < 400 || status == 404)) return reply;
        std::cerr << method << " " << path << ": " << status << " " << reply << "\n";
        std::_Exit(1);
    }

  private:
    CURL* curl_;
    curl_slist* headers_;
};

// Hands out the line of each container of which an event is reported.
class Events {
  public:
    Events(std::vector<json> work, Queue& queue) : work_(std::move(work)), queue_(queue) {}

    void follow(const char* socket, const std::string& event) {
        const std::string url =
            "http://docker/events?filters=%7B%22event%22%3A%5B%22" + event + "%22%5D%7D";
        CURL* curl = curl_easy_init();
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
        curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Events::on_header);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Events::on_events);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
        curl_easy_perform(curl);
        curl_easy_cleanup(curl);
    }

  private:
    static std::size_t on_header(const char* data, std::size_t size, std::size_t count, void*) {
        if (std::string_view(data, size * count) == "\r\n") std::cout << "listens" << std::endl;
        return size * count;
    }

    // 0 ends the stream.
    static std::size_t on_events(const char* data, std::size_t size, std::size_t count,
                                 void* events) {
        auto& self = *static_cast<Events*>(events);
        self.text_.append(data, size * count);
        for (std::size_t end = 0; (end = self.text_.find('\n')) != std::string::npos;) {
            self.take(json::parse(self.text_.substr(0, end)));
            self.text_.erase(0, end + 1);
        }
        return self.work_.empty() ? 0 : size * count;
    }

    void take(const json& event) {
        const std::string id = event["Actor"]["ID"];
        std::erase_if(work_, [&](const json& calls) {
            const bool is_it = calls[0][1].get<std::string>().find(id) != std::string::npos;
            if (is_it) queue_.push(calls);
            return is_it;
        });
    }

    std::vector<json> work_;
    Queue& queue_;
    std::string text_;
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
    if (count != 3 && count != 4) {
        std::cerr << "usage: floor SOCKET IN_FLIGHT [EVENT] < work\n";
        return 2;
    }
    std::vector<json> work;
    for (std::string line; std::getline(std::cin, line);)
        work.push_back(json::parse(line));
    curl_global_init(CURL_GLOBAL_ALL);
    Queue queue;
    std::vector<std::jthread> threads;
    for (int i = std::atoi(arguments[2]); i > 0; --i) {
        threads.emplace_back([&] {
            Connection docker(arguments[1]);
            while (const auto mine = queue.pop())
                work_on(*mine, docker);
        });
    }
    if (count == 4) {
        Events(std::move(work), queue).follow(arguments[1], arguments[3]);
    } else {
        for (json& calls : work)
            queue.push(std::move(calls));
    }
    queue.end();
}
