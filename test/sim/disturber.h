// What other people, chance and time do to a simulated world.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/world.h"

namespace roundhouse::test {

// Lives for one disturbance.
class Disturber {
  public:
    explicit Disturber(World& world) : world_(world), dice_(world.dice) {}

    // One of the world's disturbances that are not bound to a call.
    void disturb();
    // Ends every disturbance, but for what only a user can mend: places that others take, ports
    // that are not published, and a container that cannot be removed may stay.
    void repair();
    void happen(Disturbance what);
    // In worlds that know it: a gateway that was just started learns its public IP and ports late.
    void start_in_parts(std::size_t index);
    // Strangers have the names of as many slots as engines are wanted.
    void hold_low_names();

  private:
    void disturb_engine(Disturbance what);
    void refuse_template();
    void mend_template();
    void hold_another_in_its_slot();
    void hold_two_in_a_slot(const FakeContainer& engine);
    void double_engine(const FakeContainer& engine);
    void break_labels(const FakeContainer& engine);
    void disturb_images(Disturbance what);
    void add_stranger(Disturbance what);
    void lower_cap();
    void remove_strangers();

    void disturb_gateway(Disturbance what);
    void disturb_running_gateway(Disturbance what, std::size_t index);
    void set_health(std::size_t index, bool well);
    void republish(std::size_t index);
    using GatewayChange = std::function<void(Disturber&, const std::string& name)>;
    void once_unpinned(std::size_t index, const GatewayChange& change);
    void rename(std::size_t index);
    void follow_renames();
    void repair_gateway(std::size_t index);
    void blink(std::size_t index);
    void lose_vpn_shortly(std::size_t index, std::optional<Duration> told_at);

    void disturb_control_server(Disturbance what);
    void lose_vpn(std::size_t index, Duration down_for, Duration ip_after, Duration ports_after);

    void disturb_namespace(Disturbance what);
    void join(bool labelled);
    void remove_other(std::size_t index);
    void remove_contested_others();

    std::optional<FakeContainer> some_engine();
    bool exists(const std::string& name) const { return world_.docker.find(name).has_value(); }
    Duration some_seconds(int first, int last);
    // Lets something happen to a gateway later, whatever its name is by then.
    template <class What>
    void later_to(std::size_t gateway, Duration delay, What what) {
        world_.later(delay, [&world = world_, gateway, what] {
            Disturber disturber(world);
            what(disturber, world.gateway_names_[gateway]);
        });
    }

    World& world_;
    Dice& dice_;
};

}  // namespace roundhouse::test
