// SPDX-License-Identifier: Apache-2.0
#include "rules/json_matcher.h"

#include <set>

#include "rules/log_route.h"
#include "rules/text_hash.h"

namespace proviso::rules {
namespace {

constexpr std::size_t kGuesses = 256;
// Records of one log begin with the same key.
constexpr std::size_t kBeginningBytes = 14;

void collect(const Expression& e, std::vector<bool>& wanted) {
  if (e.kind == Expression::Kind::test && e.test.kind != TestKind::keyword) {
    wanted[index(e.test.field)] = true;
    if (e.test.kind == TestKind::field_ref) wanted[index(e.test.other)] = true;
  }
  for (const Expression& child : e.children) collect(child, wanted);
}

// What the rules and all correlations read.
std::vector<bool> wanted_fields(const Program& program, std::span<const RuleIndex> rules) {
  std::vector<bool> wanted(program.fields().size());
  for (const RuleIndex rule : rules) {
    if (program.expression(rule) != nullptr) collect(*program.expression(rule), wanted);
  }
  for (const Correlation& c : program.correlations()) {
    for (const FieldId f : c.value_fields) wanted[index(f)] = true;
    for (const GroupField& group : c.group_by) {
      for (const FieldId f : group.field_of_ref) wanted[index(f)] = true;
    }
  }
  return wanted;
}

}  // namespace

JsonMatcher::JsonMatcher(std::shared_ptr<const Program> program, Routing routing)
    : program_(std::move(program)),
      routing_(routing),
      routes_(routing == Routing::off ? 1 : known_log_sources().size()),
      guesses_(kGuesses) {}

JsonMatcher::Route JsonMatcher::make_route(std::size_t source) const {
  std::vector<RuleIndex> rules;
  for (std::size_t i = 0; i < program_->rules().size(); ++i) {
    const RuleIndex rule{static_cast<std::uint32_t>(i)};
    if (routing_ == Routing::off ||
        routes_to(known_log_sources()[source], program_->rule(rule).logsource)) {
      rules.push_back(rule);
    }
  }
  Route out;
  out.matcher = std::make_unique<Matcher>(program_, rules);
  JsonEvent::Options options{.wanted = wanted_fields(*program_, rules),
                             .more = {},
                             .word = std::string(out.matcher->candidates().keyword_in_all())};
  if (routing_ == Routing::by_log_source) options.more = log_source_names();
  out.event = std::make_unique<JsonEvent>(program_, options);
  return out;
}

JsonMatcher::Route& JsonMatcher::route(std::size_t source) {
  if (!routes_[source].event) routes_[source] = make_route(source);
  return routes_[source];
}

bool JsonMatcher::read(std::string_view record) {
  if (routing_ == Routing::off) return route(0).event->reset(record);
  const std::uint64_t hash = hash_text(record.substr(0, kBeginningBytes), 0).value;
  std::uint8_t& guess = guesses_[hash % kGuesses];
  current_ = guess;
  if (!route(current_).event->reset(record)) return false;
  const std::size_t source = log_source_of(event(), FieldId(program_->fields().size()));
  if (source == current_) return true;
  guess = static_cast<std::uint8_t>(source);
  current_ = source;
  return route(current_).event->reset(record);
}

std::optional<std::span<const RuleIndex>> JsonMatcher::match(std::string_view record) {
  if (!read(record)) return std::nullopt;
  const auto matched = routes_[current_].matcher->match(event());
  if (event().broken()) return std::nullopt;
  return matched;
}

}  // namespace proviso::rules
