// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/listening.h"

#include <algorithm>

namespace proviso::provider_sim {
namespace {

Stream stream_of(const Listening& what, std::uint64_t per_hour) {
  Stream stream;
  stream.per_hour = per_hour / what.subscriptions;
  stream.rhythm = what.rhythm;
  stream.noise_percent = 10;
  stream.from_hour = what.from_hour;
  stream.shape.zone_hours = what.zone_hours;
  stream.shape.doubling_hours = what.doubling_hours;
  stream.shape.grows_from_hour = what.from_hour;
  stream.shape.ceiling = what.ramp_to / what.subscriptions;
  return stream;
}

std::vector<Stream> streams_of(const Listening& what) {
  Stream stored = stream_of(what, what.per_hour);
  stored.service = "storage";
  stored.operation = "PutObject";
  stored.resource_type = "bucket";
  stored.amounts =
      each("bytes", static_cast<std::int64_t>(what.seconds_each * what.bytes_per_second));
  Stream recognised = stream_of(what, what.per_hour * what.recognised_percent / 100);
  recognised.shape.ceiling = stored.shape.ceiling * what.recognised_percent / 100;
  recognised.service = "speech";
  recognised.operation = "TranscribeRecording";
  recognised.resource_type = "speech-model";
  recognised.amounts = each("seconds", static_cast<std::int64_t>(what.seconds_each));
  return {stored, recognised};
}

model::DeclaredVolume volume(std::string service, std::string unit, std::uint64_t per_day) {
  return {model::ServiceId(std::move(service)), std::move(unit),
          static_cast<std::int64_t>(per_day + 1)};
}

std::vector<model::DeclaredVolume> declared_of(const Listening& what) {
  const std::uint64_t most = std::max(what.per_hour, what.ramp_to) / what.subscriptions;
  const std::uint64_t seconds = most * what.seconds_each * 24;
  switch (what.declared) {
    case Declared::nothing: return {};
    case Declared::small_archive: return {volume("storage", "bytes", what.declared_amount)};
    case Declared::a_part:
      return {volume("storage", "bytes", seconds * what.bytes_per_second / what.declared_amount),
              volume("speech", "seconds", seconds / what.declared_amount)};
    case Declared::all:
      return {volume("storage", "bytes", seconds * what.bytes_per_second),
              volume("speech", "seconds", seconds)};
  }
  return {};
}

void draw_manner(Draws& draws, Listening& out) {
  out.seconds_each = std::clamp<std::uint64_t>(draws.log_normal(150, 500), 30, 900);
  // From telephone codecs of mobile networks to two channels without compression.
  out.bytes_per_second = draws.log_uniform(1'500, 16'000);
  out.recognised_percent = draws.between(40, 100);
  out.rhythm =
      draws.chance(500) ? Rhythm::flat : (draws.chance(500) ? Rhythm::evening : Rhythm::office);
  out.zone_hours = static_cast<std::int32_t>(draws.below(24)) - 11;
  const std::uint64_t kind = draws.below(100);
  const std::uint64_t archive = draws.log_normal(200'000'000'000, 1'000);
  const std::uint64_t divisor = draws.log_uniform(3, 30);
  out.declared = kind < 40   ? Declared::nothing
                 : kind < 80 ? Declared::small_archive
                 : kind < 90 ? Declared::a_part
                             : Declared::all;
  out.declared_amount = out.declared == Declared::a_part ? divisor : archive;
}

}  // namespace

Tenant listening_unit(std::string slug, const Listening& what) {
  Tenant tenant{std::move(slug), "Records office", "records-office", {}, {}};
  for (std::uint32_t i = 0; i < what.subscriptions; ++i) {
    tenant.tenancies.push_back({std::to_string(i + 1),
                                "Records",
                                "Archive of documents",
                                declared_of(what),
                                streams_of(what),
                                {}});
  }
  return tenant;
}

Listening draw_million_calls(Draws& draws, std::int64_t hours) {
  Listening out;
  draw_manner(draws, out);
  out.per_hour = draws.log_uniform(500'000, 2'000'000);
  const auto span = static_cast<std::uint64_t>(std::max<std::int64_t>(hours / 2 - 24, 1));
  out.from_hour = 24 + static_cast<std::int64_t>(draws.below(span));
  return out;
}

Listening draw_slow_ramp(Draws& draws, std::int64_t hours) {
  Listening out;
  draw_manner(draws, out);
  out.per_hour = draws.log_normal(15'000, 700);
  out.ramp_to = std::max(out.per_hour, draws.log_uniform(300'000, 2'000'000));
  const std::uint64_t per_mille = draws.between(55, 185);
  out.doubling_hours = static_cast<std::uint32_t>(
      std::max<std::uint64_t>(static_cast<std::uint64_t>(hours) * per_mille / 1000, 1));
  out.from_hour =
      static_cast<std::int64_t>(draws.below(static_cast<std::uint64_t>(hours) / 10 + 1));
  return out;
}

}  // namespace proviso::provider_sim
