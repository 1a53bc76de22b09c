// SPDX-License-Identifier: Apache-2.0
#include "cases/rollup_store.h"

#include <charconv>
#include <map>
#include <tuple>

namespace proviso::cases {
namespace {

using model::RollupCell;

template <class Number>
void append_number(std::string& out, Number n) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), n);
  static_cast<void>(error);  // 32 characters hold every 64-bit number
  out.append(text.data(), end);
}

std::string_view take_until(std::string_view& text, char stop) {
  const std::size_t end = std::min(text.find(stop), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

template <class Number>
bool read_number(std::string_view text, Number& n) {
  return std::from_chars(text.data(), text.data() + text.size(), n).ec == std::errc{};
}

Result<RollupCell> parse_line(std::string_view line) {
  RollupCell cell;
  cell.subscription = take_until(line, '\t');
  cell.service = take_until(line, '\t');
  cell.region = take_until(line, '\t');
  const auto action_class = model::parse_action_class(take_until(line, '\t'));
  bool ok = action_class.has_value();
  ok = read_number(take_until(line, '\t'), cell.hour) && ok;
  ok = read_number(take_until(line, '\t'), cell.count) && ok;
  while (!line.empty()) {
    const std::string unit(take_until(line, '\t'));
    ok = read_number(take_until(line, '\t'), cell.quantities[unit]) && ok;
  }
  if (!ok) return fail(Errc::corrupt, "store: a rollup cell is damaged");
  cell.action_class = *action_class;
  return cell;
}

}  // namespace

std::size_t RollupSegment::bucket_of(std::string_view subscription) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char c : subscription) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return hash % kBuckets;
}

// LF SUBSCRIPTION TAB SERVICE TAB REGION TAB CLASS TAB HOUR TAB COUNT {TAB UNIT TAB QUANTITY}
// without the first LF and with one at the end. Identifiers hold no control characters
// (model::is_valid_id), so nothing needs escaping.
void RollupSegment::cell(std::string_view subscription, std::string_view service,
                         std::string_view region, model::ActionClass action_class,
                         std::int64_t hour, std::uint64_t count) {
  open_ = &buckets_[bucket_of(subscription)];
  if (!open_->empty()) open_->push_back('\n');
  open_->append(subscription).append("\t").append(service).append("\t");
  open_->append(region).append("\t").append(to_string(action_class)).append("\t");
  append_number(*open_, hour);
  open_->push_back('\t');
  append_number(*open_, count);
}

void RollupSegment::quantity(std::string_view unit, double value) {
  open_->append("\t").append(unit).append("\t");
  append_number(*open_, value);
}

Result<void> RollupSegment::write(Database& database) {
  if (open_ == nullptr) return {};
  open_ = nullptr;
  const auto rows = TRY(database.query("SELECT coalesce(max(seq),0) FROM rollup_segments"));
  const std::int64_t seq = rows.front().integer(0) + 1;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (buckets_[i].empty()) continue;
    buckets_[i].push_back('\n');
    TRY_VOID(database.run("INSERT INTO rollup_segments (seq, bucket, cells) VALUES (:p0,:p1,:p2)",
                          {seq, static_cast<std::int64_t>(i), std::move(buckets_[i])}));
    buckets_[i].clear();
  }
  return {};
}

Result<void> add_rollups(Database& database, std::span<const RollupCell> cells) {
  RollupSegment segment;
  for (const RollupCell& cell : cells) {
    segment.cell(cell.subscription, cell.service, cell.region, cell.action_class, cell.hour,
                 cell.count);
    for (const auto& [unit, quantity] : cell.quantities) segment.quantity(unit, quantity);
  }
  return segment.write(database);
}

Result<std::vector<RollupCell>> read_rollups(Database& database, const std::string& subscription) {
  const auto rows =
      TRY(database.query("SELECT cells FROM rollup_segments WHERE bucket=:p0",
                         {static_cast<std::int64_t>(RollupSegment::bucket_of(subscription))}));
  std::map<std::tuple<std::int64_t, std::string, std::string, model::ActionClass>, RollupCell>
      merged;
  const std::string prefix = subscription + "\t";
  for (const SqlRow& row : rows) {
    std::string_view text = row.text(0);
    while (!text.empty()) {
      const std::string_view line = take_until(text, '\n');
      if (!line.starts_with(prefix)) continue;
      RollupCell cell = TRY(parse_line(line));
      RollupCell& sum = merged[{cell.hour, cell.service, cell.region, cell.action_class}];
      if (sum.subscription.empty()) {
        sum = std::move(cell);
        continue;
      }
      sum.count += cell.count;
      for (const auto& [unit, quantity] : cell.quantities) sum.quantities[unit] += quantity;
    }
  }
  std::vector<RollupCell> out;
  for (auto& [key, cell] : merged) out.push_back(std::move(cell));
  return out;
}

Result<void> visit_rollups(Database& database, const Subscriptions& subscriptions,
                           const std::function<void(const RollupCell&)>& visit) {
  std::set<std::size_t> buckets;
  for (const std::string& id : subscriptions) buckets.insert(RollupSegment::bucket_of(id));
  for (const std::size_t bucket : buckets) {
    const auto rows = TRY(database.query("SELECT cells FROM rollup_segments WHERE bucket=:p0",
                                         {static_cast<std::int64_t>(bucket)}));
    for (const SqlRow& row : rows) {
      std::string_view text = row.text(0);
      while (!text.empty()) {
        const std::string_view line = take_until(text, '\n');
        if (!subscriptions.contains(line.substr(0, line.find('\t')))) continue;
        visit(TRY(parse_line(line)));
      }
    }
  }
  return {};
}

Result<ServiceUse> read_service_use(Database& database, const Subscriptions& subscriptions) {
  ServiceUse use;
  TRY_VOID(visit_rollups(database, subscriptions, [&](const RollupCell& cell) {
    use[cell.subscription][cell.service].insert(cell.region);
  }));
  return use;
}

}  // namespace proviso::cases
