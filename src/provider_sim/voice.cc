// SPDX-License-Identifier: Apache-2.0
// Telephone audio at 64 kbit/s (G.711, one channel) is 8,000 bytes a second:
// all sizes here follow.
#include "provider_sim/tenants.h"

namespace proviso::provider_sim {
namespace {

constexpr std::int64_t kBytesPerSecond = 8000;

/// A recording of so many seconds is put into storage.
Stream store(std::uint64_t per_hour, std::int64_t seconds, Rhythm rhythm) {
  return {.service = "storage",
          .operation = "PutObject",
          .resource_type = "bucket",
          .per_hour = per_hour,
          .amounts = each("bytes", seconds * kBytesPerSecond),
          .rhythm = rhythm,
          .noise_percent = 6};
}

/// The same recordings are transcribed.
Stream transcribe(std::uint64_t per_hour, std::int64_t seconds, Rhythm rhythm) {
  return {.service = "speech",
          .operation = "TranscribeRecording",
          .resource_type = "speech-model",
          .per_hour = per_hour,
          .amounts = each("seconds", seconds),
          .rhythm = rhythm,
          .noise_percent = 6};
}

model::DeclaredVolume declared(std::string service, std::string unit, std::int64_t per_day) {
  return {model::ServiceId(std::move(service)), std::move(unit), per_day};
}

Tenant contact_centre() {
  return {
      "contact-centre",
      "Contact centre",
      "contact-centre",
      {},
      {{"calls",
        "Service calls",
        "Recording and transcription of 250,000 service calls a day",
        {declared("storage", "bytes", 600'000'000'000), declared("speech", "seconds", 75'000'000)},
        {store(20'000, 300, Rhythm::office), transcribe(20'000, 300, Rhythm::office)},
        {}}}};
}

// Few files, each an hour of stereo at 128 kbit/s; downloads by listeners are
// reads.
Tenant podcast_host() {
  Stream upload = store(40, 3600, Rhythm::evening);
  upload.amounts = each("bytes", 57'600'000);
  Stream download = upload;
  download.operation = "GetObject";
  download.per_hour = 300'000;
  return {"podcast-host",
          "Podcast host",
          "podcast-host",
          {},
          {{"shows",
            "Shows",
            "Hosting and transcripts of podcasts",
            {declared("speech", "seconds", 2'000'000)},
            {upload, download, transcribe(40, 3600, Rhythm::evening)},
            {}}}};
}

Tenant court() {
  return {"court",
          "District court",
          "court",
          {},
          {{"dictation",
            "Dictation",
            "Dictation of records by day",
            {declared("speech", "seconds", 2'000'000)},
            {store(300, 600, Rhythm::office), transcribe(300, 600, Rhythm::office)},
            {}}}};
}

Tenant hospital() {
  return {"hospital",
          "General hospital",
          "hospital",
          {"hospital"},
          {{"wards",
            "Wards",
            "Dictation of findings",
            {declared("speech", "seconds", 6'000'000)},
            {store(2'000, 120, Rhythm::flat), transcribe(2'000, 120, Rhythm::flat)},
            {}}}};
}

Tenant emergency_line() {
  return {
      "emergency-line",
      "Emergency line",
      "emergency-service",
      {"emergency-service"},
      {{"calls",
        "Emergency calls",
        "Recording and transcription of emergency calls",
        {declared("storage", "bytes", 120'000'000'000), declared("speech", "seconds", 15'000'000)},
        {store(3'000, 180, Rhythm::flat), transcribe(3'000, 180, Rhythm::flat)},
        {}}}};
}

/// Exact figures and a record every five minutes: what the stories count on.
Stream exact(Stream stream) {
  stream.noise_percent = 0;
  stream.records_per_hour = 12;
  return stream;
}

Stream defence(std::string_view operation, std::uint64_t per_hour, std::int64_t bytes_per_call) {
  return {.service = "security",
          .operation = operation,
          .resource_type = "detector",
          .per_hour = per_hour,
          .amounts = each("bytes", bytes_per_call),
          .noise_percent = 5,
          .records_per_hour = 4};
}

std::vector<Stream> records_unit(std::int64_t departs_at_hour) {
  // 2,900,000 bytes at 8,000 bytes a second are 362.5 seconds.
  Stream stored = exact(store(1'000'000, 0, Rhythm::flat));
  stored.amounts = each("bytes", 2'900'000);
  Stream recognised = exact(transcribe(1'000'000, 0, Rhythm::flat));
  recognised.amounts = {{{"seconds", 362'500}, {}}};
  Stream searched = exact(stored);
  searched.operation = "GetObject";
  searched.per_hour = 4'000;
  Stream exported = exact(stored);
  exported.operation = "BulkCopy";
  exported.per_hour = 1'200;
  exported.amounts = each("bytes", 33'000'000'000);
  Stream tables = exact(exported);
  tables.service = "database";
  tables.operation = "ExportJob";
  tables.resource_type = "database";
  tables.per_hour = 12;
  tables.amounts = each("bytes", 50'000'000'000);
  for (Stream* s : {&stored, &recognised, &searched}) s->to_hour = departs_at_hour;
  for (Stream* s : {&exported, &tables}) s->from_hour = departs_at_hour;
  return {stored, recognised, searched, exported, tables};
}

}  // namespace

std::vector<Tenant> ordinary_voice_users() {
  return {contact_centre(), podcast_host(), court(), hospital(), emergency_line()};
}

Tenant public_body(std::int64_t departs_at_hour) {
  const std::vector<Stream> cyber = {
      defence("IngestLogs", 240'000, 4'000), defence("DetectThreats", 120'000, 2'000),
      defence("ScanObject", 30'000, 250'000), defence("QueryLogs", 900, 20'000)};
  return {"public-body",
          "Public body",
          "public-body",
          {},
          {{"records",
            "Records unit",
            "Archive of documents",
            {declared("storage", "bytes", 200'000'000'000)},
            records_unit(departs_at_hour),
            {}},
           {"cyber-defence",
            "Cyber defence unit",
            "Threat detection and log analytics",
            {declared("security", "bytes", 300'000'000'000)},
            cyber,
            {}}}};
}

// 320,000 calls of 290 s an hour around the clock: 92.8 million seconds an
// hour.
Tenant outsourced_contact_centre() {
  return {
      "outsourced-calls",
      "Outsourced contact centre",
      "contact-centre",
      {},
      {{"calls",
        "Calls for clients",
        "Recording and transcription of service calls on behalf of clients",
        {declared("storage", "bytes", 900'000'000'000), declared("speech", "seconds", 110'000'000)},
        {exact(store(320'000, 290, Rhythm::flat)), exact(transcribe(320'000, 290, Rhythm::flat))},
        {}},
       {"payroll",
        "Payroll",
        "Payroll and mail",
        {},
        {{.service = "database",
          .operation = "Query",
          .resource_type = "database",
          .per_hour = 900,
          .amounts = each("bytes", 2'000),
          .rhythm = Rhythm::office,
          .noise_percent = 10}},
        {}}}};
}

Tenant recording_archive() {
  Stream stored = store(450'000, 240, Rhythm::flat);
  stored.records_per_hour = 4;
  return {"recording-archive",
          "Recording archive",
          "saas",
          {},
          {{"intake",
            "Intake",
            "Storage of business documents",
            {declared("storage", "bytes", 500'000'000'000)},
            {stored},
            {}}}};
}

Tenant captioning_service() {
  Stream live = transcribe(36'000, 3'600, Rhythm::flat);
  live.operation = "TranscribeStream";
  live.records_per_hour = 4;
  return {"live-captions",
          "Live captions",
          "saas",
          {},
          {{"lines",
            "Lines",
            "Captions for meetings",
            {declared("speech", "seconds", 90'000'000)},
            {live},
            {}}}};
}

Tenant line_records_office() {
  Stream stored = store(500'000, 330, Rhythm::flat);
  Stream recognised = transcribe(480'000, 330, Rhythm::flat);
  stored.records_per_hour = recognised.records_per_hour = 4;
  return {"line-records",
          "Line records office",
          "public-body",
          {},
          {{"lines", "Lines", "Archive of documents", {}, {stored, recognised}, {}}}};
}

}  // namespace proviso::provider_sim
