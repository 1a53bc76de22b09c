// SPDX-License-Identifier: Apache-2.0
#include "gates/gate_counts.h"

#include <algorithm>
#include <utility>

#include "base/json.h"

namespace proviso::gates {
namespace {

// Signed with every document, so that it cannot pass for anything else of a gate's. Never change.
constexpr std::string_view kFirstLine = "proviso-gate-counts/v1\n";
constexpr std::size_t kTextMax = 32U << 20U;

Json::Object to_object(const OrderCounts& counts) {
  Json::Object out{{"refused", counts.refused},
                   {"limited", counts.limited},
                   {"not_enforced", counts.not_enforced}};
  if (counts.shadow != 0) out.emplace("shadow", counts.shadow);
  return out;
}

std::uint64_t read_count(JsonReader& reader, std::string_view name) {
  const std::int64_t value = reader.integer(name);
  if (value < 0) reader.fail_at(name, "is below 0");
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
}

OrderCounts read_order_counts(JsonReader& reader) {
  OrderCounts out;
  out.refused = read_count(reader, "refused");
  out.limited = read_count(reader, "limited");
  out.not_enforced = read_count(reader, "not_enforced");
  // Only where there are some: what older gates signed has one text, too.
  if (reader.optional("shadow") != nullptr) out.shadow = read_count(reader, "shadow");
  return out;
}

Result<OrderCounts> read_sum(JsonReader& reader, std::string_view name) {
  JsonReader inside(reader.object(name), reader.path(name));
  const OrderCounts out = read_order_counts(inside);
  TRY_VOID(inside.finish());
  return out;
}

Result<void> read_orders(JsonReader& reader, std::map<Digest, OrderCounts>& out) {
  const Json::Array& items = reader.array("orders");
  if (items.size() > kCountedOrdersMax) reader.fail_at("orders", "are too many");
  for (std::size_t i = 0; i < items.size() && reader.ok(); ++i) {
    JsonReader item(items[i], "orders[" + std::to_string(i) + "]");
    const auto digest = Digest::from_hex(item.string("order"));
    if (!digest) item.fail_at("order", digest.error().message);
    const OrderCounts counts = read_order_counts(item);
    TRY_VOID(item.finish());
    // One text for each content.
    if (!out.empty() && *digest <= out.rbegin()->first) {
      reader.fail_at("orders", "are not sorted, or one stands twice");
    }
    out.emplace_hint(out.end(), *digest, counts);
  }
  return {};
}

void read_snapshots(JsonReader& reader, std::set<std::uint64_t>& out) {
  const Json::Array& items = reader.array("snapshots");
  if (items.size() > kCountedSnapshotsMax) reader.fail_at("snapshots", "are too many");
  for (const Json& item : items) {
    const std::int64_t* version = item.if_int();
    const std::int64_t least = out.empty() ? 1 : static_cast<std::int64_t>(*out.rbegin()) + 1;
    if (version == nullptr || *version < least) {
      return reader.fail_at("snapshots", "are no versions that rise");
    }
    out.insert(out.end(), static_cast<std::uint64_t>(*version));
  }
}

Result<void> read_modes(JsonReader& reader, std::array<std::uint64_t, 3>& out) {
  JsonReader inside(reader.object("mode_seconds"), "mode_seconds");
  for (const Mode mode : {Mode::enforce, Mode::observe, Mode::bypass}) {
    out[static_cast<std::size_t>(mode)] = read_count(inside, to_string(mode));
  }
  return inside.finish();
}

Result<GateCounts> read_document(const Json& document) {
  JsonReader reader(document);
  GateCounts out;
  out.gate = reader.string("gate");
  if (!ledger::is_note_name(out.gate)) reader.fail_at("gate", "is no name");
  out.ledger = reader.string("ledger");
  const std::string hour = reader.string("hour");
  const auto time = parse_time(hour);
  if (time && format_time(*time) == hour && hour_of(*time) == *time) {
    out.hour = *time;
  } else {
    reader.fail_at("hour", "is no hour such as 2026-11-23T12:00:00Z");
  }
  out.starts = read_count(reader, "starts");
  out.checks = read_count(reader, "checks");
  out.dropped = read_count(reader, "dropped");
  out.unwritten = read_count(reader, "unwritten");
  read_snapshots(reader, out.snapshots);
  TRY_VOID(read_modes(reader, out.mode_seconds));
  TRY_VOID(read_orders(reader, out.orders));
  out.other_orders = TRY(read_sum(reader, "other_orders"));
  out.without_order = TRY(read_sum(reader, "without_order"));
  out.without_state = TRY(read_sum(reader, "without_state"));
  TRY_VOID(reader.finish());
  return out;
}

}  // namespace

void OrderCounts::add(const Answer& answer) {
  if (answer.judged == model::Outcome::yes) return;
  if (answer.mode == Mode::shadow) {
    ++shadow;
  } else if (answer.mode != Mode::enforce) {
    ++not_enforced;
  } else if (answer.judged == model::Outcome::no) {
    ++refused;
  } else {
    ++limited;
  }
}

void GateCounts::add(const Answer& answer) {
  if (answer.basis == Basis::none) return without_state.add(answer);
  saw_snapshot(answer.snapshot_size);
  if (answer.order == Digest{}) return without_order.add(answer);
  const auto known = orders.find(answer.order);
  if (known != orders.end()) return known->second.add(answer);
  if (orders.size() == kCountedOrdersMax) return other_orders.add(answer);
  orders[answer.order].add(answer);
}

void GateCounts::saw_snapshot(std::uint64_t version) {
  snapshots.insert(version);
  if (snapshots.size() > kCountedSnapshotsMax) snapshots.erase(snapshots.begin());
}

Time hour_of(Time time) { return std::chrono::floor<std::chrono::hours>(time); }

std::string write_counts(const GateCounts& counts) {
  Json::Array snapshots;
  for (const std::uint64_t version : counts.snapshots) snapshots.emplace_back(version);
  Json::Array orders;
  for (const auto& [digest, order] : counts.orders) {
    Json::Object item = to_object(order);
    item.emplace("order", digest.hex());
    orders.emplace_back(std::move(item));
  }
  Json::Object modes;
  for (const Mode mode : {Mode::enforce, Mode::observe, Mode::bypass}) {
    modes.emplace(to_string(mode), counts.mode_seconds[static_cast<std::size_t>(mode)]);
  }
  return std::string(kFirstLine) +
         canonical_json(Json::Object{{"gate", counts.gate},
                                     {"ledger", counts.ledger},
                                     {"hour", format_time(counts.hour)},
                                     {"starts", counts.starts},
                                     {"checks", counts.checks},
                                     {"dropped", counts.dropped},
                                     {"unwritten", counts.unwritten},
                                     {"snapshots", std::move(snapshots)},
                                     {"mode_seconds", std::move(modes)},
                                     {"orders", std::move(orders)},
                                     {"other_orders", to_object(counts.other_orders)},
                                     {"without_order", to_object(counts.without_order)},
                                     {"without_state", to_object(counts.without_state)}}) +
         "\n";
}

Result<GateCounts> parse_counts(std::string_view text) {
  if (!text.starts_with(kFirstLine)) {
    return fail(Errc::invalid_input, "the first line is not proviso-gate-counts/v1");
  }
  const auto document =
      parse_json(text.substr(kFirstLine.size()), {.bytes_max = kTextMax, .depth_max = 4});
  if (!document) return std::unexpected(document.error());
  GateCounts out = TRY(read_document(*document));
  // One text for each content, so that what is signed is what is read.
  if (write_counts(out) != text) {
    return fail(Errc::invalid_input, "is not in canonical form (RFC 8785, one line)");
  }
  return out;
}

std::vector<std::string> sign_counts(const GateCounts& counts, const ledger::NoteSigner& signer) {
  GateCounts part = counts;
  part.gate = signer.name;
  std::vector<std::string> out;
  auto next = counts.orders.begin();
  do {
    part.orders.clear();
    while (next != counts.orders.end() && part.orders.size() < kOrdersPerDocument) {
      part.orders.insert(*next++);
    }
    out.push_back(ledger::sign_note(signer, write_counts(part)));
    // What is no count of an order stands in the first one only: the figures add up.
    part = GateCounts();
    part.gate = signer.name;
    part.ledger = counts.ledger;
    part.hour = counts.hour;
  } while (next != counts.orders.end());
  return out;
}

Result<GateCounts> open_counts(std::string_view note, std::span<const ledger::NoteVerifier> known) {
  const ledger::Note opened = TRY(ledger::open_note(note, known));
  GateCounts out = TRY(parse_counts(opened.text));
  const bool own = std::any_of(opened.verified.begin(), opened.verified.end(),
                               [&](const auto& key) { return key.name == out.gate; });
  if (!own) return fail(Errc::denied, "is signed by another gate than " + out.gate);
  return out;
}

}  // namespace proviso::gates
