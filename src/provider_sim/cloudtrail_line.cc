// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"
#include "provider_sim/lines.h"

namespace proviso::provider_sim {
namespace {

constexpr std::array<CloudtrailName, 14> kNames = {{
    {"storage", "PutObject", "s3.amazonaws.com", "PutObject", true, false},
    {"storage", "GetObject", "s3.amazonaws.com", "GetObject", true, true},
    {"storage", "BulkCopy", "s3.amazonaws.com", "CopyObject", true, false},
    {"database", "Query", "dynamodb.amazonaws.com", "Query", true, true},
    {"database", "ExportJob", "dynamodb.amazonaws.com", "ExportTableToPointInTime", false, false},
    {"speech", "TranscribeRecording", "transcribe.amazonaws.com", "StartTranscriptionJob", false,
     false},
    {"speech", "TranscribeStream", "transcribe.amazonaws.com", "StartStreamTranscription", false,
     false},
    {"vision", "SearchFaces", "rekognition.amazonaws.com", "SearchFacesByImage", false, true},
    {"vision", "DetectFaces", "rekognition.amazonaws.com", "DetectFaces", false, true},
    {"inference", "Chat", "bedrock.amazonaws.com", "InvokeModel", false, true},
    {"identity", "SignIn", "sts.amazonaws.com", "AssumeRoleWithWebIdentity", false, true},
    {"mail", "SendMessage", "ses.amazonaws.com", "SendEmail", true, false},
    {"security", "QueryLogs", "logs.amazonaws.com", "StartQuery", false, true},
    {"security", "IngestLogs", "logs.amazonaws.com", "PutLogEvents", true, false},
}};

void append_uuid(std::string& out, SeededRandom& ids) {
  const std::string hex = hex_encode(ids.bytes(16));
  out.append(hex, 0, 8).append("-").append(hex, 8, 4).append("-4").append(hex, 13, 3);
  out.append("-a").append(hex, 17, 3).append("-").append(hex, 20, 12);
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":\"").append(value).append("\"");
}

}  // namespace

const CloudtrailName* cloudtrail_name(const Stream& stream) {
  for (const CloudtrailName& name : kNames) {
    if (name.service == stream.service && name.operation == stream.operation) return &name;
  }
  return nullptr;
}

void append_cloudtrail_line(std::string& out, const CloudtrailName& name, const Record& record,
                            Time at, SeededRandom& ids) {
  const Stream& stream = *record.stream;
  out.append(R"({"eventVersion":"1.11")");
  append_member(out, "eventTime", format_time(at));
  append_member(out, "eventSource", name.event_source);
  append_member(out, "eventName", name.event_name);
  append_member(out, "awsRegion", stream.region);
  out.append(",\"eventID\":\"");
  append_uuid(out, ids);
  out.append(R"(","eventType":"AwsApiCall")");
  append_member(out, "eventCategory", name.data_event ? "Data" : "Management");
  out.append(name.data_event ? R"(,"managementEvent":false)" : R"(,"managementEvent":true)");
  out.append(name.read_only ? R"(,"readOnly":true)" : R"(,"readOnly":false)");
  append_member(out, "recipientAccountId", *record.subscription);
  if (stream.status == "denied") append_member(out, "errorCode", "AccessDenied");
  out.append(R"(,"userIdentity":{"type":"AssumedRole")");
  append_member(out, "accountId", *record.subscription);
  out.append("}}\n");
}

}  // namespace proviso::provider_sim
