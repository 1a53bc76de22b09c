// SPDX-License-Identifier: Apache-2.0
// Shops, offices, mail, sign-in and what calls others.
#include <algorithm>

#include "provider_sim/market.h"

namespace proviso::provider_sim {
namespace {

using enum Rhythm;

void mail(Sketch& s, std::uint64_t per_hour, std::uint64_t bounced_per_mille, Rhythm rhythm) {
  s.add("mail", "SendMessage", "mail-domain", per_hour, "bytes", 40'000, rhythm);
  Stream& back = s.add("mail", "SendMessage", "mail-domain", per_hour * bounced_per_mille / 1000,
                       "bytes", 40'000, rhythm);
  back.status = "bounced";
}

Stream& sign_in(Sketch& s, std::string_view operation, std::uint64_t per_hour,
                std::string_view status, Rhythm rhythm) {
  Stream& stream = s.add("identity", operation, "directory", per_hour, "", 0, rhythm);
  stream.status = status;
  return stream;
}

// Passwords are mistyped in 1 to 8 of 100 sign-ins.
void sign_ins(Sketch& s, std::uint64_t per_hour, Rhythm rhythm) {
  sign_in(s, "SignIn", per_hour, "success", rhythm);
  sign_in(s, "SignIn", per_hour * s.draws().between(10, 80) / 1000, "denied", rhythm);
}

void for_some_hours(Draws& d, Stream& stream, std::uint64_t longest) {
  stream.from_hour = static_cast<std::int64_t>(d.below(kSeasonHours));
  stream.to_hour = stream.from_hour + static_cast<std::int64_t>(d.log_uniform(1, longest));
}

// Black Friday and its like: up to ten times the usual for some days.
Sketch web_shop(Draws& d) {
  Sketch s(d, "Web shop");
  const std::uint64_t size = d.log_normal(100, 1'200);
  s.add("storage", "GetObject", "bucket", size * 9, "bytes", 120'000, evening);
  s.add("database", "Query", "database", size * 15, "bytes", 2'000, evening);
  mail(s, size * 6 / 10 + 1, d.between(2, 50), evening);
  sign_ins(s, size, evening);
  s.season(700, 1'000);
  return s;
}

Sketch office_software(Draws& d) {
  Sketch s(d, "Software for offices");
  const std::uint64_t size = d.log_normal(100, 1'300);
  s.add("database", "Query", "database", size * 20, "bytes", 3'000, office);
  sign_ins(s, size * 4, office);
  s.outage(100, "identity");
  if (d.chance(300)) {
    s.add("inference", "Chat", "model-deployment", size / 2 + 1, "tokens", 1'200, office);
    s.declare("inference", "tokens");
  }
  return s;
}

Sketch school(Draws& d) {
  Sketch s(d, "Lessons and mail");
  const std::uint64_t size = d.log_normal(100, 800);
  s.add("storage", "PutObject", "bucket", size, "bytes", 700'000, office);
  mail(s, size, d.between(2, 40), office);
  return s;
}

Sketch town_hall(Draws& d) {
  Sketch s(d, "Registers and forms");
  const std::uint64_t size = d.log_normal(100, 900);
  s.add("database", "Query", "database", size * 7, "bytes", 4'000, office);
  s.add("speech", "TranscribeRecording", "speech-model", size / 16 + 1, "seconds", 1'800, office);
  s.add("security", "ScanObject", "detector", size, "bytes", 500'000, office);
  s.declare("speech", "seconds");
  return s;
}

// Campaigns to those who asked for them; old lists have more dead addresses.
Sketch newsletter_house(Draws& d) {
  Sketch s(d, "Newsletters");
  const std::uint64_t dead = d.log_uniform(2, 30);
  mail(s, d.log_normal(20'000, 1'900), dead, office);
  const auto every = static_cast<std::uint32_t>(d.between(24, 168));
  for (Stream& stream : s.streams()) {
    stream.shape.beat_every = every;
    stream.shape.beat_for = static_cast<std::uint32_t>(std::min<std::uint64_t>(every, 12));
  }
  s.season(300, 500);
  return s;
}

// Many members; some are attacked with stolen passwords, some have a program in the field that
// tries an old token again and again.
Sketch popular_app(Draws& d) {
  Sketch s(d, "Sign-in of members");
  const std::uint64_t members = d.log_normal(20'000, 1'600);
  sign_ins(s, members, evening);
  s.season(200, 800);
  s.outage(150, "identity");
  const std::uint64_t tries = d.log_normal(60'000, 1'500);
  if (d.chance(60)) for_some_hours(d, sign_in(s, "SignIn", tries, "denied", flat), 96);
  const std::uint64_t devices = d.log_normal(members, 1'000);
  const std::uint64_t again = d.log_uniform(1, 120);
  if (d.chance(60))
    for_some_hours(d, sign_in(s, "IssueToken", devices * again, "denied", flat), 24);
  return s;
}

// Tells other systems that something happened; a breaking story is pushed to all members at once.
Sketch webhooks(Draws& d) {
  Sketch s(d, "Messages to members' own systems");
  const auto& rhythm = d.chance(500) ? flat : evening;
  const std::uint64_t bytes = d.log_uniform(300, 4'000);
  s.add("network", "OutboundRequest", "address", d.log_normal(100'000, 1'800), "bytes", bytes,
        rhythm);
  s.declare("network", "bytes");
  s.season(300, 1'000);
  s.growth(200);
  return s;
}

Sketch uptime_checks(Draws& d) {
  Sketch s(d, "Checks of customers' own sites");
  s.add("network", "OutboundRequest", "address", d.log_normal(200'000, 1'500), "bytes", 300, flat);
  s.declare("network", "bytes");
  s.growth(200);
  return s;
}

// A new account shows a face once.
Sketch identity_checks(Draws& d) {
  Sketch s(d, "Opening of accounts");
  s.add("vision", "CompareFaces", "face-collection", d.log_normal(300, 1'600), "bytes", 200'000,
        evening);
  s.season(200, 600);
  s.growth(200);
  return s;
}

// Doors of offices, stadiums and airports.
Sketch doors(Draws& d) {
  Sketch s(d, "Access control");
  s.add("vision", "SearchFaces", "face-collection", d.log_normal(800, 1'500), "bytes", 90'000,
        office);
  s.season(200, 600);
  return s;
}

// Takes its data out, from a region that the terms exclude too; was refused there before.
Sketch moving_out(Draws& d) {
  Sketch s(d, "Freight papers");
  Stream& out =
      s.add("storage", "ExportJob", "bucket", d.log_normal(4, 1'200), "bytes", 4'000'000'000, flat);
  for_some_hours(d, out, 200);
  if (d.chance(300)) out.region = "xx-north-1";
  Stream& refused = s.add("storage", "PutObject", "bucket", 30, "bytes", 0, office);
  refused.status = "denied";
  refused.region = "xx-south-1";
  s.add("storage", "PutObject", "bucket", d.log_normal(700, 1'000), "bytes", 150'000, office);
  return s;
}

}  // namespace

std::vector<Trade> web_trades() {
  return {{"retail", "Web shop", 160, web_shop},
          {"saas", "Software service", 145, office_software},
          {"school", "School", 55, school},
          {"public-body", "Town hall", 50, town_hall},
          {"newsletter", "Newsletter house", 15, newsletter_house},
          {"popular-app", "Popular app", 25, popular_app},
          {"webhooks", "Message service", 12, webhooks},
          {"uptime-checks", "Uptime checks", 5, uptime_checks},
          {"identity-checks", "Identity checks", 8, identity_checks},
          {"doors", "Door control", 5, doors},
          {"transport", "Freight broker", 5, moving_out}};
}

}  // namespace proviso::provider_sim
