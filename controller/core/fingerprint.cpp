#include "core/fingerprint.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/launch.h"

namespace roundhouse {

namespace {

// 64-bit FNV-1a. Every value is preceded by its length, so that neighbours cannot run together.
class Fingerprint {
  public:
    void add(std::string_view text) {
        add(static_cast<std::int64_t>(text.size()));
        for (const char c : text)
            mix(static_cast<unsigned char>(c));
    }

    void add(std::int64_t number) {
        for (int shift = 0; shift < 64; shift += 8) {
            mix(static_cast<unsigned char>(static_cast<std::uint64_t>(number) >> shift));
        }
    }

    void add(const std::vector<std::string>& texts) {
        add(static_cast<std::int64_t>(texts.size()));
        for (const auto& text : texts)
            add(text);
    }

    void add(const KeyValues& pairs) {
        add(static_cast<std::int64_t>(pairs.size()));
        for (const auto& [key, value] : pairs) {
            add(key);
            add(value);
        }
    }

    std::string hex() const {
        std::string text;
        for (int shift = 60; shift >= 0; shift -= 4) {
            text += "0123456789abcdef"[(state_ >> shift) & 0xF];
        }
        return text;
    }

  private:
    void mix(unsigned char byte) { state_ = (state_ ^ byte) * 0x100000001B3U; }

    std::uint64_t state_ = 0xCBF29CE484222325U;
};

}  // namespace

std::string template_hash(const EnginePool& pool) {
    const EngineTemplate& shape = pool.engine_template;
    Fingerprint print;
    print.add(shape.image);
    print.add(shape.command);
    print.add(shape.args);
    print.add(shape.env);
    print.add(shape.volumes);
    print.add(shape.tmpfs);
    print.add(shape.resources.memory_bytes);
    print.add(shape.resources.nano_cpus);
    print.add(shape.resources.pids);
    print.add(shape.user);
    print.add(shape.labels);
    print.add(shape.logging.driver);
    print.add(shape.logging.options);
    print.add(pool.network);
    for (const int base : {pool.ports.http, pool.ports.https, pool.ports.api, pool.ports.p2p}) {
        print.add(static_cast<std::int64_t>(base));
    }
    // Only if given: the hash of every other pool is the one that its engines carry already.
    if (!pool.publish.empty()) print.add(pool.publish);
    if (pool.publish_p2p) print.add("p2p");
    return print.hex();
}

std::string pod_hash(const EnginePool& pool, const std::string& gateway) {
    const EngineTemplate& shape = pool.engine_template;
    Fingerprint print;
    print.add(shape.image);
    print.add(shape.volumes);
    print.add(shape.tmpfs);
    print.add(shape.resources.memory_bytes);
    print.add(shape.resources.nano_cpus);
    print.add(shape.user);
    print.add(static_cast<std::int64_t>(shape.stop_timeout.count()));
    print.add(static_cast<std::int64_t>(bases_behind(pool, gateway).http));
    const auto spec = std::ranges::find(pool.gateways, gateway, &GatewaySpec::container);
    if (spec == pool.gateways.end()) return print.hex();
    const ControlServer& server = spec->control_server;
    print.add(static_cast<std::int64_t>(server.port));
    print.add(server.api_key_file);
    print.add(server.password_file);
    return print.hex();
}

}  // namespace roundhouse
