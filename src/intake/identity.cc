// SPDX-License-Identifier: Apache-2.0
#include "intake/identity.h"

#include <bit>
#include <cstring>

#include "base/digest.h"

namespace proviso::intake {
namespace {

// Written into every stored key by way of the hash. Never change.
constexpr std::string_view kPurpose = "proviso event identity 2";

void put_number(std::string& out, std::uint64_t number) {
  char bytes[8];
  for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<char>(number >> (8 * i));
  out.append(bytes, sizeof bytes);
}

/// With its length first, so that no two lists of texts give the same bytes.
void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

void put_time(std::string& out, Time time) {
  put_number(out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

SipKey key_at(const Digest& digest, std::size_t at) {
  SipKey key;
  for (unsigned i = 0; i < 8; ++i) {
    key.first |= std::uint64_t{digest.bytes[at + i]} << (8 * i);
    key.second |= std::uint64_t{digest.bytes[at + 8 + i]} << (8 * i);
  }
  return key;
}

void put_event(std::string& out, const model::UsageEvent& event) {
  for (const std::string_view text :
       {event.subscription, event.provider, event.billing_account, event.service,
        event.service_category, event.operation, event.region, event.resource_type,
        event.resource_ref, event.status}) {
    put_text(out, text);
  }
  put_time(out, event.window_start);
  put_time(out, event.window_end);
  put_number(out, event.count);
  for (const model::Amount& amount : event.used()) {
    put_text(out, amount.unit);
    put_number(out, std::bit_cast<std::uint64_t>(amount.value));
  }
}

}  // namespace

Identity::Identity(std::string_view secret) : secret_(secret) { use_format(""); }

/// A key of its own for each format and kind: their events never meet.
void Identity::use_format(std::string_view format) {
  std::string material(kPurpose);
  put_text(material, format);
  const Digest digest = KeyedHash(secret_)(material);
  id_key_ = key_at(digest, 0);
  event_key_ = key_at(digest, 16);
  format_ = format;
}

EventKey Identity::operator()(std::string_view format, const model::UsageEvent& event) {
  if (format != format_) use_format(format);
  scratch_.clear();
  const bool has_id = !event.id.empty();
  if (has_id) {
    put_text(scratch_, event.subscription);
    scratch_ += event.id;
  } else {
    put_event(scratch_, event);
  }
  EventKey key{siphash128(has_id ? id_key_ : event_key_, scratch_)};
  if (key == EventKey{}) key.bytes[0] = 1;  // zero marks an empty slot of SeenIds
  return key;
}

}  // namespace proviso::intake
