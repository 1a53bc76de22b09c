// SPDX-License-Identifier: Apache-2.0
#include "signals/signal.h"

#include <algorithm>

#include "base/digest.h"
#include "signals/state.h"

namespace proviso::signals {
namespace {

constexpr std::string_view kMagic = "PSTRACK3";
constexpr std::string_view kAnyMagic = "PSTRACK";

std::string key_of(const Firing& firing, const std::string& label) {
  ByteWriter key;
  key.text(label);
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

}  // namespace

SignalTracker::SignalTracker(std::shared_ptr<const rules::Program> program)
    : program_(std::move(program)) {}

Duration SignalTracker::span_of(rules::RuleIndex rule) const {
  if (const auto& quiet = program_->rule(rule).quiet) return *quiet;
  const rules::Correlation* correlation = program_->correlation(rule);
  return correlation == nullptr ? kPlainRuleSpan : correlation->timespan;
}

Signal SignalTracker::make(const Firing& firing) const {
  const rules::RuleInfo& info = program_->rule(firing.rule);
  Signal s;
  // Without the length of the label, which stands first.
  const std::string key =
      info.label() + key_of(firing, info.label()).substr(8 + info.label().size());
  s.id = sha256(key + format_time_exact(firing.from) + format_time_exact(firing.to))
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
  const std::string key = key_of(firing, program_->rule(firing.rule).label());
  const auto [at, added] = open_.try_emplace(key);
  Open& one = at->second;
  if (added || firing.to - one.signal.to > span_of(firing.rule)) {
    const SignalChange change = open(one, key, firing);
    return {&one.signal, change};
  }
  Signal& s = one.signal;
  s.from = std::min(s.from, firing.from);
  s.to = std::max(s.to, firing.to);
  s.value_last = firing.value;
  s.value_peak = std::max(s.value_peak, firing.value);
  ++s.firings;
  ++s.events.total;
  s.events.last = newest_of(firing.events);
  return {&s, SignalChange::extended};
}

SignalChange SignalTracker::open(Open& at, const std::string& key, const Firing& firing) {
  at = {make(firing), firing.rule};
  const auto known = provisional_.find(key);
  SignalChange change = SignalChange::opened;
  if (known != provisional_.end()) {
    const Duration span = span_of(firing.rule);
    const Provisional& before = known->second;
    if (firing.from - before.to <= span && before.from - firing.to <= span) {
      at.signal.id = before.id;
      change = SignalChange::extended;
    }
    provisional_.erase(known);
  }
  if (!certain_.empty()) opened_[key] = {at.signal.id, firing.from, firing.to};
  return change;
}

void SignalTracker::begin_provisional() { certain_ = save_open(); }

void SignalTracker::forget_before(Time now) {
  std::erase_if(open_, [&](const auto& entry) {
    return now - entry.second.signal.to > span_of(entry.second.rule);
  });
}

std::string SignalTracker::save_open() const {
  ByteWriter out;
  out.small(open_.size());
  for (const auto& [key, one] : open_) {
    const Signal& s = one.signal;
    out.text(key);
    out.text(s.rule);
    out.text(s.id);
    out.text(s.subscription);
    out.small(s.group.size());
    for (const GroupValue& value : s.group) {
      out.text(value.name);
      out.small(static_cast<std::uint64_t>(value.kind));
      out.text(value.text);
    }
    out.time(s.from);
    out.time(s.to);
    for (const double value : {s.value_first, s.value_last, s.value_peak}) out.real(value);
    out.small(s.firings);
    out.small(s.events.total);
    write_keys(s.events.first, out);
    write_keys(s.events.last, out);
  }
  return out.take();
}

std::string SignalTracker::save() const {
  ByteWriter out;
  out.raw(kMagic);
  out.raw(certain_.empty() ? save_open() : certain_);
  const auto& provisional = certain_.empty() ? provisional_ : opened_;
  out.small(provisional.size());
  for (const auto& [key, one] : provisional) {
    out.text(key);
    out.text(one.id);
    out.time(one.from);
    out.time(one.to);
  }
  return out.take();
}

bool SignalTracker::load_open(ByteReader& in, std::map<std::string, Open>& into) const {
  const std::string key = in.text();
  const std::string label = in.text();
  const auto rule = std::ranges::find(program_->rules(), label, &rules::RuleInfo::label);
  const bool is_known = rule != program_->rules().end();
  Firing firing;
  if (is_known)
    firing.rule = rules::RuleIndex(static_cast<std::uint32_t>(rule - program_->rules().begin()));
  const std::string id = in.text();
  firing.subscription = in.text();
  const std::uint64_t values = in.small_count(17);
  for (std::uint64_t k = 0; k < values && in.ok(); ++k) {
    GroupValue value;
    value.name = in.text();
    value.kind = static_cast<rules::ValueKind>(in.small() % 5);
    value.text = in.text();
    firing.group.push_back(std::move(value));
  }
  firing.from = in.time();
  firing.to = in.time();
  // What the rulebook says about the rule is not saved: it is said anew.
  Signal s = make(firing);
  s.id = id;
  s.value_first = in.real();
  s.value_last = in.real();
  s.value_peak = in.real();
  s.firings = in.small();
  s.events.total = in.small();
  s.events.first = read_keys(in);
  s.events.last = read_keys(in);
  if (is_known) into[key] = {std::move(s), firing.rule};
  return in.ok();
}

Result<void> SignalTracker::load(std::string_view bytes) {
  ByteReader in(bytes);
  const std::string_view magic = in.raw(kMagic.size());
  std::map<std::string, Open> fresh;
  std::map<std::string, Provisional> provisional;
  if (magic == kMagic) {
    const std::uint64_t count = in.small_count(72);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!load_open(in, fresh)) break;
    }
    const std::uint64_t opened = in.small_count(32);
    for (std::uint64_t i = 0; i < opened && in.ok(); ++i) {
      const std::string key = in.text();
      const std::string id = in.text();
      const Time from = in.time();
      provisional[key] = {id, from, in.time()};
    }
    if (!in.ok() || !in.at_end()) {
      return fail(Errc::corrupt, "the state of the tracker is cut or torn");
    }
  } else if (!magic.starts_with(kAnyMagic)) {
    return fail(Errc::corrupt, "not the state of a tracker");
  }
  open_ = std::move(fresh);
  provisional_ = std::move(provisional);
  opened_.clear();
  certain_.clear();
  return {};
}

}  // namespace proviso::signals
