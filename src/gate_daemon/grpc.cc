// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/grpc.h"

#include "gate_daemon/protobuf.h"

namespace proviso::gate_daemon {
namespace {

// A flag (1: compressed) and the length of the message, big-endian.
constexpr std::size_t kPrefix = 5;

std::size_t length_in(std::string_view prefix) {
  std::size_t length = 0;
  for (const char c : prefix.substr(1, 4)) length = length << 8 | static_cast<std::uint8_t>(c);
  return length;
}

// grpc.health.v1.HealthCheckResponse.ServingStatus
constexpr std::uint64_t kServing = 1;
constexpr std::uint64_t kNotServing = 2;

}  // namespace

GrpcStatus unframe(std::string_view body, std::string_view& message) {
  if (body.size() < kPrefix) return {GrpcCode::internal, "the request holds no message"};
  if (body[0] == 1) {
    return {GrpcCode::unimplemented, "a compressed message: only identity is understood"};
  }
  if (body[0] != 0) return {GrpcCode::internal, "the message's flag is neither 0 nor 1"};
  const std::size_t length = length_in(body);
  if (length > body.size() - kPrefix) return {GrpcCode::internal, "the message is cut off"};
  if (length < body.size() - kPrefix) {
    return {GrpcCode::internal, "more than one message in a unary call"};
  }
  message = body.substr(kPrefix);
  return {};
}

std::size_t begin_frame(std::string& out) {
  out.append(kPrefix, '\0');
  return out.size();
}

void end_frame(std::string& out, std::size_t begun) {
  const std::size_t length = out.size() - begun;
  for (std::size_t i = 0; i < 4; ++i) {
    out[begun - 1 - i] = static_cast<char>((length >> (8 * i)) & 0xFF);
  }
}

GrpcStatus answer_health_check(std::string_view message, std::string_view service, Serving serving,
                               std::string& answer) {
  ProtobufReader::Budget budget;
  ProtobufReader reader(message, budget);
  std::string_view asked;
  while (reader.next()) {
    if (reader.field() == 1) asked = reader.bytes();
  }
  if (!reader.good()) return {GrpcCode::invalid_argument, "not a HealthCheckRequest"};
  if (!asked.empty() && asked != service) return {GrpcCode::not_found, "no such service here"};
  ProtobufWriter(answer).varint(1, serving == Serving::yes ? kServing : kNotServing);
  return {};
}

}  // namespace proviso::gate_daemon
