// What other people, chance and time do to a simulated world.
#pragma once

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
    // Ends everything that stands in the way of engines.
    void repair();

  private:
    void happen(Disturbance what);
    void disturb_engine(Disturbance what);
    void disturb_gateway(Disturbance what);
    void disturb_control_server(Disturbance what);
    void disturb_images(Disturbance what);
    void add_stranger(Disturbance what);
    void edit_spec();
    void repair_gateway(const std::string& name);
    void remove_strangers();

    std::optional<FakeContainer> some_engine();
    bool exists(const std::string& name) const { return world_.docker.find(name).has_value(); }
    Duration some_seconds(int first, int last);

    World& world_;
    Dice& dice_;
};

}  // namespace roundhouse::test
