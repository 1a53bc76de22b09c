// SPDX-License-Identifier: Apache-2.0
#include "signals/signal.h"

#include <algorithm>

#include "base/digest.h"
#include "signals/state.h"

namespace proviso::signals {
namespace {

constexpr std::string_view kMagic = "PSTRACK2";

std::string key_of(const Firing& firing) {
  ByteWriter key;
  key.number(rules::index(firing.rule));
  if (firing.group.empty()) key.text(firing.subscription);
  for (const GroupValue& value : firing.group) {
    key.number(value.kind == rules::ValueKind::null ? 0 : 1);
    key.text(value.text);
  }
  return key.take();
}

// The last keys of a firing, wherever it lists them; those of the first firing stay as they are.
KeyList newest_of(const Contributors& events) {
  const auto first = events.first.view();
  const auto last = events.last.view();
  KeyList out;
  const std::size_t of_first = std::min(first.size(), KeyList::kMax - last.size());
  for (const EventKey& key : first.last(of_first)) out.push_back(key);
  for (const EventKey& key : last) out.push_back(key);
  return out;
}

void write_keys(const KeyList& keys, ByteWriter& out) {
  out.number(keys.view().size());
  for (const EventKey& key : keys.view()) out.key(key);
}

KeyList read_keys(ByteReader& in) {
  KeyList out;
  const std::uint64_t count = in.count(sizeof(EventKey));
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(in.key());
  return out;
}

std::uint64_t bits(Time t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }
Time time_of(std::uint64_t bits) { return Time(Duration(static_cast<std::int64_t>(bits))); }

}  // namespace

SignalTracker::SignalTracker(std::shared_ptr<const rules::Program> program)
    : program_(std::move(program)) {}

Duration SignalTracker::span_of(rules::RuleIndex rule) const {
  const rules::Correlation* correlation = program_->correlation(rule);
  return correlation == nullptr ? kPlainRuleSpan : correlation->timespan;
}

Signal SignalTracker::make(const Firing& firing) const {
  const rules::RuleInfo& info = program_->rule(firing.rule);
  Signal s;
  s.id = sha256(info.label() + key_of(firing).substr(8) + format_time_exact(firing.from) +
                format_time_exact(firing.to))
             .hex()
             .substr(0, 32);
  s.rule = info.label();
  s.title = info.title;
  s.author = info.author;
  s.level = info.level;
  s.terms = info.terms;
  s.independence = info.independence;
  s.group = firing.group;
  s.subscription = firing.subscription;
  for (const GroupValue& value : firing.group) {
    if (value.name == "subscription") s.subscription = value.text;
  }
  s.from = firing.from;
  s.to = firing.to;
  s.value_first = s.value_last = s.value_peak = firing.value;
  s.firings = 1;
  s.events = firing.events;
  return s;
}

SignalTracker::Update SignalTracker::add(const Firing& firing) {
  const auto [at, added] = open_.try_emplace(key_of(firing));
  Open& open = at->second;
  if (added || firing.to - open.signal.to > span_of(firing.rule)) {
    open = {make(firing), firing.rule};
    return {&open.signal, SignalChange::opened};
  }
  Signal& s = open.signal;
  s.from = std::min(s.from, firing.from);
  s.to = std::max(s.to, firing.to);
  s.value_last = firing.value;
  s.value_peak = std::max(s.value_peak, firing.value);
  ++s.firings;
  ++s.events.total;
  s.events.last = newest_of(firing.events);
  return {&s, SignalChange::extended};
}

void SignalTracker::forget_before(Time now) {
  std::erase_if(open_, [&](const auto& entry) {
    return now - entry.second.signal.to > span_of(entry.second.rule);
  });
}

std::string SignalTracker::save() const {
  ByteWriter out;
  out.raw(kMagic);
  out.raw(program_->digest().view());
  out.number(open_.size());
  for (const auto& [key, open] : open_) {
    const Signal& s = open.signal;
    out.text(key);
    out.number(rules::index(open.rule));
    out.text(s.id);
    out.text(s.subscription);
    out.number(s.group.size());
    for (const GroupValue& value : s.group) {
      out.text(value.name);
      out.number(static_cast<std::uint64_t>(value.kind));
      out.text(value.text);
    }
    out.number(bits(s.from));
    out.number(bits(s.to));
    for (const double value : {s.value_first, s.value_last, s.value_peak}) out.real(value);
    out.number(s.firings);
    out.number(s.events.total);
    write_keys(s.events.first, out);
    write_keys(s.events.last, out);
  }
  return out.take();
}

Result<void> SignalTracker::load(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.raw(kMagic.size()) != kMagic) return fail(Errc::corrupt, "not the state of a tracker");
  if (in.raw(32) != program_->digest().view()) {
    return fail(Errc::conflict, "the state was saved with another rulebook (begin anew)");
  }
  std::map<std::string, Open> fresh;
  const std::uint64_t count = in.count(80);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::string key = in.text();
    const std::uint64_t rule = in.number();
    if (rule >= program_->rules().size()) return fail(Errc::corrupt, "the state names no rule");
    Firing firing;
    firing.rule = rules::RuleIndex(rule);
    const std::string id = in.text();
    firing.subscription = in.text();
    const std::uint64_t values = in.count(24);
    for (std::uint64_t k = 0; k < values && in.ok(); ++k) {
      GroupValue value;
      value.name = in.text();
      value.kind = static_cast<rules::ValueKind>(in.number() % 5);
      value.text = in.text();
      firing.group.push_back(std::move(value));
    }
    firing.from = time_of(in.number());
    firing.to = time_of(in.number());
    // What the rulebook says about the rule is not saved: it is the same program.
    Signal s = make(firing);
    s.id = id;
    s.value_first = in.real();
    s.value_last = in.real();
    s.value_peak = in.real();
    s.firings = in.number();
    s.events.total = in.number();
    s.events.first = read_keys(in);
    s.events.last = read_keys(in);
    fresh[key] = {std::move(s), firing.rule};
  }
  if (!in.ok() || !in.at_end())
    return fail(Errc::corrupt, "the state of the tracker is cut or torn");
  open_ = std::move(fresh);
  return {};
}

}  // namespace proviso::signals
