// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "provider_sim/simulate.h"
#include "provider_sim/world.h"

namespace proviso::provider_sim {

/// The customers of a scenario, with the background. invalid_input where there is no such scenario.
Result<World> make_world(const Options& options);

/// The register of a world, as write_register().
Result<void> write_register_of(const World& world, const Sink& sink);

}  // namespace proviso::provider_sim
