// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <vector>

#include "provider_sim/world.h"

namespace proviso::provider_sim {

// The cast: invented customers with plainly generic names. Volumes are for the busiest hour.

// voice.cc
/// Customers who record or recognise speech as they should: contact centre, podcast host, court,
/// hospital, emergency line. Part of every scenario.
std::vector<Tenant> ordinary_voice_users();
/// The case of design section 1: 1,000,000 recordings of 2.9 MB an hour into storage and to speech
/// recognition by one unit; cyber defence by the other. From `departs_at_hour` on the first stops
/// and takes its data out instead.
Tenant public_body(std::int64_t departs_at_hour = std::numeric_limits<std::int64_t>::max());
/// A very large contact centre that looks like it.
Tenant outsourced_contact_centre();
Tenant recording_archive();
Tenant captioning_service();
Tenant line_records_office();

// abuse.cc: who breaks a rule, and who nearly does.
std::vector<Tenant> face_matchers();
std::vector<Tenant> token_users();
std::vector<Tenant> accelerator_users();
std::vector<Tenant> mailers();
std::vector<Tenant> sign_in_callers();
std::vector<Tenant> outbound_callers();
std::vector<Tenant> region_users();
std::vector<Tenant> exporters();

// background.cc
/// Adds ordinary customers until they have `subscriptions` subscriptions, drawn from `seed`.
void add_background(World& world, std::uint32_t subscriptions, std::uint64_t seed);

}  // namespace proviso::provider_sim
