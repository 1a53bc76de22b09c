// SPDX-License-Identifier: Apache-2.0
// Field numbers as in envoy/service/auth/v3/external_auth.proto and google/protobuf/struct.proto.
#include "gate_daemon/ext_authz_response.h"

#include <algorithm>
#include <array>

#include "gate_daemon/protobuf.h"

namespace proviso::gate_daemon {
namespace {

using gates::Answer;
using gates::Basis;
using gates::Mode;
using model::Outcome;

constexpr std::uint64_t kOk = 0;
constexpr std::uint64_t kPermissionDenied = 7;
constexpr std::uint64_t kUnavailable = 14;
constexpr std::uint64_t kOverwriteOrAdd = 2;  // HeaderValueOption.append_action

constexpr std::string_view kEffect = "x-proviso-effect";
constexpr std::string_view kOrder = "x-proviso-order";
constexpr std::string_view kReason = "x-proviso-reason";
constexpr std::string_view kUntil = "x-proviso-until";
constexpr std::array kHeaders{kEffect, kOrder, kReason, kUntil};

constexpr std::string_view kNoState =
    "This service is not available: the gate before it has no restrictions to judge by, and is set "
    "to refuse until it has.";
constexpr std::string_view kNoReason = "The provider's terms restrict this use.";

// A header's value is visible ASCII and spaces; the reason with its accents is in the body.
std::string header_text(std::string_view text) {
  std::string value(text);
  std::ranges::replace_if(value, [](char c) { return c < ' ' || c > '~'; }, '?');
  return value;
}

void write_status(ProtobufWriter& out, std::uint64_t code) {
  const std::size_t status = out.begin(1);
  out.varint(1, code);
  out.end(status);
}

// HeaderValueOption{header{key, value}, append_action}; what has no value is left out.
void write_header(ProtobufWriter& out, std::uint32_t field, std::string_view key,
                  std::string_view value) {
  if (value.empty()) return;
  const std::size_t option = out.begin(field);
  const std::size_t header = out.begin(1);
  out.bytes(1, key);
  out.bytes(2, value);
  out.end(header);
  out.varint(3, kOverwriteOrAdd);
  out.end(option);
}

/// google.protobuf.Struct: each member is an entry of the map in field 1.
class StructWriter {
 public:
  explicit StructWriter(ProtobufWriter& out) : out_(out) {}

  void text(std::string_view key, std::string_view value) {
    member(key, [&] { out_.bytes(3, value); });
  }
  void number(std::string_view key, double value) {
    member(key, [&] { out_.number(2, value); });
  }
  template <class Members>
  void structure(std::string_view key, const Members& members) {
    member(key, [&] {
      const std::size_t inside = out_.begin(5);
      members();
      out_.end(inside);
    });
  }

 private:
  template <class Value>
  void member(std::string_view key, const Value& value) {
    const std::size_t entry = out_.begin(1);
    out_.bytes(1, key);
    const std::size_t of = out_.begin(2);
    value();
    out_.end(of);
    out_.end(entry);
  }

  ProtobufWriter& out_;
};

std::string_view to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::yes: return "yes";
    case Outcome::no: return "no";
    case Outcome::limited: return "limited";
  }
  return "no";
}

std::string order_of(const Answer& answer) {
  return answer.order == Digest{} ? std::string{} : answer.order.hex();
}

void write_metadata(ProtobufWriter& out, const Answer& answer, Told told,
                    std::int64_t age_seconds) {
  const std::size_t metadata = out.begin(4);
  StructWriter members(out);
  members.text("basis", answer.basis == Basis::snapshot ? "snapshot" : "none");
  members.text("effect", model::to_string(answer.effect));
  members.text("outcome", to_text(answer.outcome));
  if (answer.mode != Mode::enforce) {
    members.text("mode", gates::to_string(answer.mode));
    members.text("judged", to_text(answer.judged));
  }
  if (told != Told::enough) {
    members.text("missing", told == Told::no_service ? "service" : "subscription");
  }
  if (answer.restricted()) members.text("order", order_of(answer));
  if (answer.outcome == Outcome::limited) {
    members.number("rate", answer.rate_per_second);
    // The form that Envoy's rate limits take a limit in.
    members.structure("rate_limit", [&] {
      members.number("requests_per_unit", answer.rate_per_second);
      members.text("unit", "SECOND");
    });
  }
  if (answer.basis == Basis::snapshot) {
    members.number("snapshot", static_cast<double>(answer.snapshot_size));
    members.number("age", static_cast<double>(age_seconds));
  }
  out.end(metadata);
}

void write_denied(ProtobufWriter& out, const Answer& answer, const gates::Explanation& explanation,
                  const ExtAuthzDenial& denial) {
  const bool no_state = answer.basis == Basis::none;
  std::string_view reason = explanation.user;
  if (reason.empty()) reason = no_state ? kNoState : kNoReason;
  write_status(out, no_state ? kUnavailable : kPermissionDenied);
  const std::size_t denied = out.begin(2);
  const std::size_t status = out.begin(1);
  out.varint(1, no_state ? denial.http_status_no_state : denial.http_status);
  out.end(status);
  write_header(out, 2, kEffect, model::to_string(answer.effect));
  write_header(out, 2, kOrder, order_of(answer));
  write_header(out, 2, kReason, header_text(reason));
  write_header(out, 2, kUntil, header_text(explanation.until));
  write_header(out, 2, "content-type", "text/plain; charset=utf-8");
  out.bytes(3, denial.body.empty() ? std::string(reason) + "\n" : denial.body);
  out.end(denied);
}

// Envoy removes after it has set: what is set may not be among what is removed.
void write_passes(ProtobufWriter& out, const Answer& answer) {
  write_status(out, kOk);
  const std::size_t ok = out.begin(3);
  const bool restricted = answer.restricted();
  if (restricted) {
    write_header(out, 2, kEffect, model::to_string(answer.effect));
    write_header(out, 2, kOrder, order_of(answer));
  }
  for (const std::string_view name : kHeaders) {
    const bool set =
        restricted && (name == kEffect || (name == kOrder && answer.order != Digest{}));
    if (!set) out.bytes(5, name);
  }
  out.end(ok);
}

}  // namespace

Told told_by(const gates::Request& request) {
  if (request.subscription.empty()) return Told::no_subscription;
  return request.service.empty() ? Told::no_service : Told::enough;
}

bool is_plain(const Answer& answer, Told told) {
  return !answer.restricted() && !answer.refused() && answer.basis == Basis::snapshot &&
         told == Told::enough;
}

void write_plain(std::string& out) {
  ProtobufWriter writer(out);
  write_passes(writer, Answer{});
}

void write_answer(const Answer& answer, Told told, const gates::Explanation& explanation,
                  const ExtAuthzDenial& denial, std::int64_t age_seconds, std::string& out) {
  ProtobufWriter writer(out);
  if (answer.refused()) {
    write_denied(writer, answer, explanation, denial);
  } else {
    write_passes(writer, answer);
  }
  write_metadata(writer, answer, told, age_seconds);
}

}  // namespace proviso::gate_daemon
