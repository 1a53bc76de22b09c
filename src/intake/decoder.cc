// SPDX-License-Identifier: Apache-2.0
#include "intake/decoder.h"

#include <algorithm>
#include <cstring>

#include "base/encoding.h"
#include "intake/csv_row.h"
#include "intake/event_builder.h"
#include "intake/json_record.h"
#include "intake/layout.h"
#include "intake/plan.h"

namespace proviso::intake {
namespace {

constexpr std::size_t kHashKeyBytesMin = 16;
constexpr std::size_t kColumnsMax = 1000;

/// FOCUS writes NULL without quotes for "no value".
bool is_null(const CsvField& field) {
  return !field.quoted && (field.text.empty() || field.text == "NULL" || field.text == "null");
}

std::vector<std::string> column_names(std::span<char> row) {
  std::vector<CsvField> fields;
  std::vector<std::string> names;
  if (!split_csv_record(row, fields) || fields.size() > kColumnsMax) return names;
  for (const CsvField& field : fields) names.emplace_back(field.text);
  return names;
}

}  // namespace

struct Decoder::State {
  State(const FieldPolicy& from, std::unique_ptr<Plan> made, const DecodeOptions& options)
      : policy(from),
        plan(std::move(made)),
        builder(policy, *plan, options),
        layouts(policy, *plan) {}

  FieldPolicy policy;
  std::unique_ptr<Plan> plan;
  EventBuilder builder;
  JsonRecord json;
  Layouts layouts;
  bool was_long_way = true;
  std::vector<int> columns;  // leaf of each CSV column, or -1
  std::vector<CsvField> fields;

  std::string_view read_csv(std::span<char> record);
  std::string_view read_json(std::span<char> record);
};

std::string_view Decoder::State::read_csv(std::span<char> record) {
  if (!is_utf8({record.data(), record.size()})) return "is not valid UTF-8";
  if (!split_csv_record(record, fields)) return "a quote stands in the wrong place";
  if (fields.size() != columns.size()) return "has not as many fields as the header";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (columns[i] < 0 || is_null(fields[i])) continue;
    const Leaf& leaf = plan->leaves[static_cast<std::size_t>(columns[i])];
    const std::string_view problem = builder.take(leaf, {Scalar::Kind::string, fields[i].text}, 0);
    if (!problem.empty()) return problem;
  }
  return {};
}

std::string_view Decoder::State::read_json(std::span<char> record) {
  const std::string_view text(record.data(), record.size());
  was_long_way = !layouts.read(text, builder);
  if (!was_long_way) return {};
  builder.start_again();
  const std::string_view problem = json.read(record, *plan, builder);
  if (problem.empty()) layouts.learn(text);
  return problem;
}

Decoder::Decoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Result<Decoder> Decoder::make(const FieldPolicy& policy, const DecodeOptions& options) {
  if (options.hash_key.size() < kHashKeyBytesMin) {
    return fail(Errc::invalid_input, "the key of the keyed hashes is shorter than 16 bytes");
  }
  const auto& sources = policy.text[static_cast<std::size_t>(TextTarget::subscription)];
  if (sources.empty() && options.subscription.empty()) {
    return fail(Errc::invalid_input, "format " + policy.format +
                                         " names no subscription (say whose usage it is: "
                                         "--subscription S)");
  }
  auto plan = TRY(Plan::make(policy, options.wanted));
  return Decoder(std::make_unique<State>(policy, std::move(plan), options));
}

Result<void> Decoder::set_header(std::span<char> row) {
  const std::vector<std::string> names = column_names(row);
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) {
    return fail(Errc::invalid_input, "a column name stands twice in the header");
  }
  for (const std::vector<std::string>& alternative : state_->policy.detect) {
    for (const std::string& needed : alternative) {
      if (std::ranges::find(names, needed) == names.end()) {
        return fail(Errc::invalid_input,
                    "the header has no column " + needed + " (is this " + format() + "?)");
      }
    }
  }
  state_->columns.clear();
  for (const std::string& name : names) {
    const int child = state_->plan->root.find(name);
    state_->columns.push_back(child < 0 ? -1 : state_->plan->root.child(child).leaf);
  }
  return {};
}

std::string_view Decoder::decode(std::span<char> record, model::UsageEvent& event) {
  state_->builder.start();
  return decode_more(record, event);
}

std::string_view Decoder::decode_more(std::span<char> record, model::UsageEvent& event) {
  state_->builder.start_more();
  const std::string_view problem =
      state_->policy.syntax == Syntax::csv ? state_->read_csv(record) : state_->read_json(record);
  return problem.empty() ? state_->builder.finish(event) : problem;
}

bool Decoder::has_room() const { return !state_->was_long_way && state_->builder.has_room(); }

const std::string& Decoder::format() const { return state_->policy.format; }

std::string detect_format(const FieldPolicies& policies, Syntax syntax, std::span<char> record) {
  std::vector<std::string> names;
  if (syntax == Syntax::csv) {
    std::vector<char> copy(record.begin(), record.end());
    names = column_names(copy);
  } else {
    names = JsonRecord().member_names(record);
  }
  std::string best;
  std::size_t best_matches = 0;
  for (const auto& [format, policy] : policies.all()) {
    if (policy.syntax != syntax) continue;
    for (const std::vector<std::string>& alternative : policy.detect) {
      const bool all = std::ranges::all_of(alternative, [&](const std::string& name) {
        return std::ranges::find(names, name) != names.end();
      });
      if (!all || alternative.size() <= best_matches) continue;
      best = format;
      best_matches = alternative.size();
    }
  }
  return best;
}

}  // namespace proviso::intake
