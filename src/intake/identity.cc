// SPDX-License-Identifier: Apache-2.0
#include "intake/identity.h"

#include <algorithm>
#include <bit>

#include "base/digest.h"

namespace proviso::intake {
namespace {

void put_number(std::string& out, std::uint64_t number) {
  for (unsigned shift = 0; shift < 64; shift += 8) out += static_cast<char>(number >> shift);
}

/// With its length first, so that no two lists of texts give the same bytes.
void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

void put_time(std::string& out, Time time) {
  put_number(out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

}  // namespace

EventKey identity(std::string_view format, const model::UsageEvent& event, std::string& scratch) {
  scratch.assign(event.id.empty() ? "e1" : "i1");  // what follows: an event or an id, version 1
  put_text(scratch, format);
  put_text(scratch, event.subscription);
  if (!event.id.empty()) {
    put_text(scratch, event.id);
  } else {
    for (const std::string_view text :
         {event.provider, event.billing_account, event.service, event.service_category,
          event.operation, event.region, event.resource_type, event.resource_ref, event.status}) {
      put_text(scratch, text);
    }
    put_time(scratch, event.window_start);
    put_time(scratch, event.window_end);
    put_number(scratch, event.count);
    for (const model::Amount& amount : event.used()) {
      put_text(scratch, amount.unit);
      put_number(scratch, std::bit_cast<std::uint64_t>(amount.value));
    }
  }
  const Digest digest = sha256(scratch);
  EventKey key;
  std::copy_n(digest.bytes.begin(), key.bytes.size(), key.bytes.begin());
  return key;
}

}  // namespace proviso::intake
