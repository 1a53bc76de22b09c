// SPDX-License-Identifier: Apache-2.0
// Those who compute: with processors, accelerators and models.
#include "provider_sim/market.h"

namespace proviso::provider_sim {
namespace {

using enum Rhythm;

constexpr std::array<std::string_view, 12> kRegions = {
    "eu-central-1",   "eu-west-1",      "eu-north-1",   "eu-south-1",
    "us-east-1",      "us-west-2",      "ca-central-1", "ap-northeast-1",
    "ap-southeast-1", "ap-southeast-2", "sa-east-1",    "me-central-1"};

// `instances` in all, in so many regions, each with one device that runs for the whole hour.
void run(Sketch& s, std::string_view type, std::string_view unit, std::uint64_t instances,
         std::size_t regions, Rhythm rhythm) {
  for (std::size_t i = 0; i < regions; ++i) {
    Stream& stream =
        s.add("compute", "RunHours", type, instances / regions + 1, unit, 3'600, rhythm);
    stream.region = kRegions[i];
    stream.noise_percent = 4;
  }
}

void run_accelerators(Sketch& s, std::uint64_t instances, std::size_t regions, Rhythm rhythm) {
  run(s, "gpu-instance", "gpu_seconds", instances, regions, rhythm);
}

Sketch institute(Draws& d) {
  Sketch s(d, "Calculations");
  run(s, "cpu-instance", "vcpu_seconds", d.log_normal(24, 1'300), 1, flat);
  if (d.chance(300)) {
    const std::size_t regions = d.between(1, 2);
    run_accelerators(s, d.log_normal(8, 1'400), regions, flat);
  }
  s.add("storage", "PutObject", "bucket", d.log_normal(30, 1'000), "bytes", 9'000'000, night);
  return s;
}

Sketch render_farm(Draws& d) {
  Sketch s(d, "Rendering of films");
  const std::size_t regions = d.between(1, 4);
  run_accelerators(s, d.log_normal(60, 1'400), regions, flat);
  const auto every = static_cast<std::uint32_t>(d.between(48, 400));
  const auto lasts = static_cast<std::uint32_t>(d.between(12, every));
  for (Stream& stream : s.streams()) {
    stream.shape.beat_every = every;
    stream.shape.beat_for = lasts;
    stream.shape.beat_at = static_cast<std::uint32_t>(d.below(every));
  }
  s.add("storage", "PutObject", "bucket", d.log_normal(400, 1'200), "bytes", 20'000'000, flat);
  return s;
}

Sketch model_training(Draws& d) {
  Sketch s(d, "Training of models");
  const std::size_t regions = d.between(1, 3);
  run_accelerators(s, d.log_normal(60, 1'800), regions, flat);
  s.add("storage", "GetObject", "bucket", d.log_normal(5'000, 1'300), "bytes", 30'000'000, flat);
  return s;
}

// Serves models near its users: accelerators in up to all regions, and answers go out.
Sketch model_serving(Draws& d) {
  Sketch s(d, "Models for others, near their users");
  const std::uint64_t instances = d.log_normal(24, 1'500);
  const std::size_t regions = d.between(1, kRegions.size());
  run_accelerators(s, instances, regions, d.chance(500) ? flat : evening);
  const std::uint64_t bytes = d.log_uniform(1'500, 30'000);
  s.add("network", "OutboundRequest", "address", instances * d.log_uniform(200, 20'000), "bytes",
        bytes, evening);
  s.declare("network", "bytes");
  s.growth(300);
  s.season(150, 500);
  return s;
}

// Some declare for a trial and never again: sigma is larger than for others.
Sketch chat_user(Draws& d) {
  Sketch s(d, "Answers to customers and staff", 600);
  const std::uint64_t tokens = d.log_uniform(400, 6'000);
  const auto& rhythm = d.chance(500) ? office : evening;
  s.add("inference", "Chat", "model-deployment", d.log_normal(250, 2'000), "tokens", tokens,
        rhythm);
  if (d.chance(150)) {
    Stream& batch = s.add("inference", "Chat", "model-deployment", d.log_normal(2'000, 1'800),
                          "tokens", tokens, night);
    batch.shape.beat_every = static_cast<std::uint32_t>(d.between(24, 720));
    batch.shape.beat_for = static_cast<std::uint32_t>(d.between(4, 24));
  }
  s.declare("inference", "tokens");
  s.growth(300);
  s.season(200, 1'500);
  return s;
}

Sketch games(Draws& d) {
  Sketch s(d, "Games near their players");
  const std::uint64_t instances = d.log_normal(30, 1'500);
  run(s, "cpu-instance", "vcpu_seconds", instances, d.between(1, 12), evening);
  s.add("network", "OutboundRequest", "address", instances * 3'000, "bytes", d.between(200, 3'000),
        evening);
  s.declare("network", "bytes");
  s.season(200, 800);
  return s;
}

}  // namespace

std::vector<Trade> compute_trades() {
  return {{"research", "Institute", 40, institute},
          {"rendering", "Render farm", 15, render_farm},
          {"model-training", "Model maker", 8, model_training},
          {"model-serving", "Model host", 15, model_serving},
          {"ai-chat", "Software house", 110, chat_user},
          {"games", "Game studio", 35, games}};
}

}  // namespace proviso::provider_sim
