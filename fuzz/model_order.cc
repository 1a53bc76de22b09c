// SPDX-License-Identifier: Apache-2.0
// The texts of the model that come from outside: an order, a roster and a policy in it, a scope
// line, an entry, an opening, a genesis, a trust file. What is accepted must keep its bytes.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "model/catalogue.h"
#include "model/disclosure.h"
#include "model/entry.h"
#include "model/genesis.h"
#include "model/in_force.h"
#include "model/order.h"
#include "model/order_words.h"
#include "model/policy.h"
#include "model/roster.h"
#include "model/sealed.h"

namespace {

using namespace proviso::model;

// Who decides has one text, too, and can be told in words.
void check_change(const proviso::Json& change) {
  const auto roster = roster_from_json(change);
  if (roster) CHECK(roster_to_json(*roster) == change);
  const auto policy = policy_from_json(change);
  if (policy) CHECK(policy_to_json(*policy) == change);
}

void check_order(std::string_view text) {
  const auto order = parse_order(text);
  if (!order) return;
  CHECK(canonical_order(*order) == text);
  CHECK(!order_in_words(*order, proviso::sha256(text)).empty());
  if (order->change) check_change(*order->change);
  if (!order->restriction) return;
  for (const ScopeLine& line : order->restriction->scope) {
    // A line with at most one item per list is one that people can write; it must survive that.
    if (line.regions.size() > 1 || line.classes.size() > 1 || line.resources.size() > 1) continue;
    const auto back = parse_scope_line(to_string(line));
    CHECK(back.has_value() && *back == line);
  }
}

void check_scope_line(std::string_view text) {
  const auto line = parse_scope_line(text);
  if (!line) return;
  CHECK(line->subscription.value.find('*') == std::string::npos);
  CHECK(line->service.value.find('*') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  const std::string_view text(copy.get(), size);
  check_order(text);
  check_scope_line(text);
  const auto entry = parse_entry(text);
  if (entry) {
    (void)parse_in_force(entry->public_part).has_value();
    (void)genesis_from_json(entry->public_part).has_value();
    (void)sealed_open_by(*entry).has_value();
    const auto opening = parse_opening(entry->public_part);
    if (opening) {
      CHECK(opening_public(*opening) == entry->public_part);
      const auto fitting =
          proviso::sha256(opening->salt, proviso::canonical_json(opening->content));
      (void)sealed_content(*opening, fitting, entry->ledger).has_value();
    }
  }
  const auto trust = parse_trust(text);
  if (trust) {
    const auto back = parse_trust(write_trust(*trust));
    CHECK(back.has_value() && back->witnesses == trust->witnesses);
  }
  const auto json = proviso::parse_json(text);
  if (json) (void)Catalogue::parse(*json).has_value();
  const auto disclosure =
      json ? disclosure_from_json(*json) : proviso::Result<Disclosure>(proviso::fail({}, ""));
  if (disclosure) {
    const auto again = disclosure_from_json(disclosure_to_json(*disclosure));
    CHECK(again.has_value() && again->shown == disclosure->shown);
    (void)check_disclosure(*disclosure, proviso::sha256(text)).has_value();
  }
  return 0;
}
