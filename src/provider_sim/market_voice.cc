// SPDX-License-Identifier: Apache-2.0
// Those who record or recognise speech as they should. Telephone audio is 8,000 bytes a second.
#include "provider_sim/market.h"

namespace proviso::provider_sim {
namespace {

using enum Rhythm;

void record(Sketch& s, std::uint64_t calls, std::uint64_t seconds, Rhythm rhythm) {
  s.add("storage", "PutObject", "bucket", calls, "bytes", seconds * 8'000, rhythm);
}

void transcribe(Sketch& s, std::uint64_t calls, std::uint64_t seconds, Rhythm rhythm) {
  s.add("speech", "TranscribeRecording", "speech-model", calls, "seconds", seconds, rhythm);
}

void declare_voice(Sketch& s) {
  s.declare("storage", "bytes");
  s.declare("speech", "seconds");
}

// `calls` in the busiest hour; some store all and transcribe a share, some the other way round.
Sketch calls_of(Draws& d, std::uint64_t calls, std::uint32_t declares) {
  Sketch s(d, "Recording and transcription of service calls", declares);
  const Rhythm rhythm = d.chance(300) ? flat : office;
  const std::uint64_t seconds = d.between(120, 480);
  record(s, calls, seconds, rhythm);
  transcribe(s, calls * d.between(0, 100) / 100, seconds, rhythm);
  declare_voice(s);
  s.growth(100);
  s.season(150, 400);
  s.outage(100, "speech");
  return s;
}

// 30 agents with 10 calls an hour each; one in 1,000 has a hundred times as many.
Sketch contact_centre(Draws& d) { return calls_of(d, d.log_normal(300, 1'500), 650); }

// Those that answer for many others; their contracts name volumes.
Sketch outsourced_calls(Draws& d) { return calls_of(d, d.log_normal(8'000, 1'300), 900); }

// Banks and traders must keep calls; few transcribe.
Sketch compliance_recording(Draws& d) {
  Sketch s(d, "Recording of calls that the law asks for");
  const std::uint64_t calls = d.log_normal(800, 1'300);
  const std::uint64_t seconds = d.between(60, 300);
  record(s, calls, seconds, office);
  if (d.chance(300)) transcribe(s, calls / 20 + 1, seconds, office);
  declare_voice(s);
  return s;
}

Sketch podcast_host(Draws& d) {
  Sketch s(d, "Hosting and transcripts of podcasts");
  const std::uint64_t shows = d.log_normal(10, 1'300);
  const std::uint64_t seconds = d.between(1'200, 7'200);
  s.add("storage", "PutObject", "bucket", shows, "bytes", seconds * 16'000, evening);
  s.add("storage", "GetObject", "bucket", shows * 3'000, "bytes", seconds * 16'000, evening);
  transcribe(s, shows, seconds, evening);
  declare_voice(s);
  s.growth(200);
  return s;
}

Sketch court(Draws& d) {
  Sketch s(d, "Dictation of records by day");
  const std::uint64_t files = d.log_normal(60, 1'000);
  record(s, files, 600, office);
  transcribe(s, files, 600, office);
  declare_voice(s);
  return s;
}

Sketch hospital(Draws& d) {
  Sketch s(d, "Dictation of findings");
  const std::uint64_t findings = d.log_normal(400, 1'000);
  record(s, findings, 120, d.chance(500) ? flat : office);
  transcribe(s, findings, 120, d.chance(500) ? flat : office);
  declare_voice(s);
  s.outage(100, "speech");
  return s;
}

// A disaster brings many times the calls for a day or a week.
Sketch emergency_line(Draws& d) {
  Sketch s(d, "Recording and transcription of emergency calls");
  const std::uint64_t calls = d.log_normal(400, 900);
  record(s, calls, 180, flat);
  transcribe(s, calls, 180, flat);
  declare_voice(s);
  s.season(100, 1'500);
  return s;
}

Sketch meeting_captions(Draws& d) {
  Sketch s(d, "Captions for meetings");
  const std::uint64_t lines = d.log_normal(300, 1'700);
  s.add("speech", "TranscribeStream", "speech-model", lines, "seconds", 2'400, office);
  if (d.chance(400)) record(s, lines, d.between(300, 2'400), office);
  declare_voice(s);
  s.growth(200);
  return s;
}

// Short words to a device: many calls of few seconds.
Sketch voice_assistant(Draws& d) {
  Sketch s(d, "Voice commands to devices");
  const std::uint64_t words = d.log_normal(5'000, 1'900);
  transcribe(s, words, d.between(3, 8), evening);
  if (d.chance(300)) record(s, words, d.between(3, 12), evening);
  declare_voice(s);
  s.growth(200);
  return s;
}

// An archive is read once: all of it within some weeks, through day and night.
Sketch archive_of_sound(Draws& d) {
  Sketch s(d, "Transcripts of an archive of sound", 500);
  const std::uint64_t seconds_in_all = d.log_normal(20'000, 1'500) * 3'600;
  const std::uint64_t hours = d.between(3, 21) * 24;
  const std::uint64_t seconds = d.between(300, 3'600);
  const std::uint64_t items = seconds_in_all / hours / seconds + 1;
  const auto from = static_cast<std::int64_t>(d.below(kSeasonHours));
  s.add("storage", "PutObject", "bucket", items, "bytes", seconds * d.between(8'000, 32'000), flat);
  transcribe(s, items, seconds, flat);
  declare_voice(s);
  for (Stream& stream : s.streams()) {
    stream.from_hour = from;
    stream.to_hour = from + static_cast<std::int64_t>(hours);
  }
  s.add("storage", "GetObject", "bucket", d.log_normal(200, 1'000), "bytes", 4'000'000, office);
  return s;
}

}  // namespace

std::vector<Trade> voice_trades() {
  return {{"contact-centre", "Contact centre", 50, contact_centre},
          {"outsourced-calls", "Outsourced contact centre", 2, outsourced_calls},
          {"compliance-recording", "Bank with recorded lines", 10, compliance_recording},
          {"podcast-host", "Podcast host", 10, podcast_host},
          {"court", "Court", 12, court},
          {"hospital", "Hospital", 25, hospital},
          {"emergency-service", "Emergency line", 6, emergency_line},
          {"meeting-captions", "Meeting service", 8, meeting_captions},
          {"voice-assistant", "Voice assistant", 6, voice_assistant},
          {"archive", "Archive of sound", 8, archive_of_sound}};
}

}  // namespace proviso::provider_sim
