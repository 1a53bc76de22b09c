// SPDX-License-Identifier: Apache-2.0
// Those who store many objects, some as large as a recording.
#include "provider_sim/market.h"

namespace proviso::provider_sim {
namespace {

using enum Rhythm;

// Videos arrive in pieces of some seconds; most platforms add captions to what is spoken.
Sketch video_platform(Draws& d) {
  Sketch s(d, "Videos of members");
  const std::uint64_t pieces = d.log_normal(2'000, 1'800);
  s.add("storage", "PutObject", "bucket", pieces, "bytes", d.log_uniform(500'000, 8'000'000),
        evening);
  s.add("storage", "GetObject", "bucket", pieces * 40, "bytes", 2'000'000, evening);
  s.add("network", "OutboundRequest", "address", pieces * 40, "bytes", 60'000, evening);
  if (d.chance(600)) {
    s.add("speech", "TranscribeRecording", "speech-model", pieces / 20 + 1, "seconds",
          d.between(60, 180), evening);
  }
  s.declare("storage", "bytes");
  s.declare("speech", "seconds");
  s.growth(200);
  s.season(150, 600);
  return s;
}

// A picture is as large as a recording of some minutes; faces are found in all, and in some
// services matched with the members' own.
Sketch photo_service(Draws& d) {
  Sketch s(d, "Pictures of members");
  const std::uint64_t pictures = d.log_normal(3'000, 1'700);
  const std::uint64_t bytes = d.log_uniform(150'000, 6'000'000);
  s.add("storage", "PutObject", "bucket", pictures, "bytes", bytes, evening);
  s.add("storage", "GetObject", "bucket", pictures * 10, "bytes", bytes / 5, evening);
  if (d.chance(500)) {
    s.add("vision", "DetectFaces", "face-collection", pictures, "bytes", bytes, evening);
  }
  if (d.chance(250)) {
    s.add("vision", "SearchFaces", "face-collection", pictures / 3 + 1, "bytes", 90'000, evening);
  }
  s.declare("storage", "bytes");
  s.growth(150);
  s.season(250, 500);
  return s;
}

// Pieces of 1 to 16 MB by night; some make a full copy at the weekend.
Sketch backup(Draws& d) {
  Sketch s(d, "Copies of servers and offices");
  const std::uint64_t bytes = d.log_uniform(1'000'000, 16'000'000);
  Stream& pieces =
      s.add("storage", "PutObject", "bucket", d.log_normal(4'000, 1'800), "bytes", bytes, night);
  pieces.noise_percent = 40;
  pieces.shape.weekend_percent =
      d.chance(300) ? static_cast<std::uint32_t>(d.between(300, 900)) : 100;
  if (d.chance(200)) {
    s.add("storage", "BulkCopy", "bucket", d.log_normal(10, 1'200), "bytes", 10'000'000'000, night);
  }
  s.declare("storage", "bytes");
  s.outage(100, "storage");
  s.growth(100);
  return s;
}

// Programs and devices put what they have gathered every minute.
Sketch log_shipping(Draws& d) {
  Sketch s(d, "Logs and measurements of devices");
  const std::uint64_t batches = d.log_normal(1'500, 1'900);
  s.add("storage", "PutObject", "bucket", batches, "bytes", d.log_uniform(50'000, 5'000'000), flat);
  s.add("network", "OutboundRequest", "address", batches * 30, "bytes", d.between(300, 3'000),
        flat);
  s.add("database", "Query", "database", batches, "bytes", 5'000, flat);
  s.declare("network", "bytes");
  s.declare("storage", "bytes");
  s.outage(150, "storage");
  s.growth(200);
  return s;
}

Sketch local_paper(Draws& d) {
  Sketch s(d, "Web site and archive");
  const std::uint64_t size = d.log_normal(100, 900);
  s.add("storage", "PutObject", "bucket", size / 2 + 1, "bytes", 1'800'000, office);
  s.add("storage", "GetObject", "bucket", size * 15, "bytes", 300'000, evening);
  if (d.chance(400)) {
    s.add("speech", "TranscribeRecording", "speech-model", size / 20 + 1, "seconds", 1'800, office);
  }
  s.declare("speech", "seconds");
  s.season(100, 1'500);
  return s;
}

}  // namespace

std::vector<Trade> media_trades() {
  return {{"video-platform", "Video platform", 20, video_platform},
          {"photo-service", "Photo service", 20, photo_service},
          {"backup", "Backup customer", 45, backup},
          {"log-shipping", "Device maker", 20, log_shipping},
          {"media", "Local paper", 50, local_paper}};
}

}  // namespace proviso::provider_sim
