// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/haproxy_entries.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "gate_daemon/names.h"
#include "model/gate_delta.h"

namespace proviso::gate_daemon {
namespace {

using gates::Answer;
using model::Outcome;

// No catalogue can have it (an id has no control characters): the class of it is `other` in all.
constexpr std::string_view kUnknownOperation = "\x7f";

void append_encoded(std::string& out, std::string_view part) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : part) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kDigits[byte >> 4U]);
    out.push_back(kDigits[byte & 15U]);
  }
}

template <class T>
void sort_unique(std::vector<T>& values) {
  std::ranges::sort(values);
  const auto rest = std::ranges::unique(values);
  values.erase(rest.begin(), rest.end());
}

}  // namespace

std::string_view to_string(MapSays says) { return says == MapSays::deny ? "deny" : "ask"; }

std::string map_key(std::string_view subscription, std::string_view service,
                    std::string_view region) {
  std::string out;
  out.reserve(subscription.size() + service.size() + region.size() + 2);
  append_encoded(out, subscription);
  out.push_back('/');
  append_encoded(out, service);
  if (region.empty()) return out;
  out.push_back('@');
  append_encoded(out, region);
  return out;
}

HaproxyQuestions::HaproxyQuestions(const model::GateSnapshot& snapshot) : known_(true) {
  add(snapshot);
}

void HaproxyQuestions::add(const model::GateSnapshot& more) {
  std::map<std::string, std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < services_.size(); ++i) numbers.emplace(services_[i].name, i);
  for (const Names::Service& service : services_of(more)) {
    auto& known = services_[number_of(service.name, numbers)].operations;
    for (const std::string& operation : service.operations) {
      if (std::ranges::find(known, operation) == known.end()) known.push_back(operation);
    }
  }
  std::map<std::pair<std::string, std::uint32_t>, Question> questions;
  for (const model::ProvenOrder& order : more.restrictions) {
    const auto& restriction = order.order.order.restriction;
    if (!restriction) continue;
    add_changes(*restriction);
    for (const model::ScopeLine& line : restriction->scope) {
      const std::uint32_t service = number_of(line.service.value, numbers);
      add_line(line, questions[{line.subscription.value, service}]);
    }
  }
  for (Question& known : questions_) {
    const auto same = questions.find({known.subscription, known.service});
    if (same == questions.end()) continue;
    const auto append = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(known.regions, same->second.regions);
    append(known.resources, same->second.resources);
    sort_unique(known.regions);
    questions.erase(same);
  }
  questions_.reserve(questions_.size() + questions.size());
  for (auto& [about, question] : questions) {
    question.subscription = about.first;
    question.service = about.second;
    question.key = gates::LiveGate::subscription_key(about.first);
    sort_unique(question.regions);
    questions_.push_back(std::move(question));
  }
  std::ranges::sort(questions_, [](const Question& a, const Question& b) {
    return std::tie(a.subscription, a.service) < std::tie(b.subscription, b.service);
  });
  sort_unique(changes_);
}

void HaproxyQuestions::add_line(const model::ScopeLine& line, Question& question) {
  question.regions.insert(question.regions.end(), line.regions.begin(), line.regions.end());
  for (const std::string& resource : line.resources) {
    if (line.regions.empty()) question.resources.push_back({"", resource});
    for (const std::string& region : line.regions) {
      question.resources.push_back({region, resource});
    }
  }
}

// What is gone is still asked about, until the next whole snapshot: the gate answers that nothing
// restricts it, and the map says nothing of it.
Result<HaproxyQuestions> HaproxyQuestions::with_delta(std::string_view delta_text) const {
  model::GateDelta delta = TRY(model::parse_delta(delta_text));
  model::GateSnapshot more;
  more.catalogues = std::move(delta.catalogues);
  more.restrictions = std::move(delta.added);
  HaproxyQuestions out = *this;
  if (!more.restrictions.empty()) out.add(more);
  return out;
}

std::uint32_t HaproxyQuestions::number_of(const std::string& service,
                                          std::map<std::string, std::uint32_t>& numbers) {
  const auto [at, fresh] = numbers.emplace(service, services_.size());
  if (fresh) services_.push_back({service, {std::string(kUnknownOperation)}});
  return at->second;
}

void HaproxyQuestions::add_changes(const model::Restriction& restriction) {
  for (const model::Stage& stage : restriction.stages) {
    changes_.push_back(unix_seconds(stage.from));
  }
  if (restriction.until) changes_.push_back(unix_seconds(*restriction.until));
  if (!restriction.rollout) return;
  // Of all gates: where nothing changes here, nothing is said anew.
  for (const model::RolloutStep& step : restriction.rollout->first) {
    changes_.push_back(unix_seconds(step.from));
  }
  changes_.push_back(unix_seconds(restriction.rollout->everywhere_from));
}

Result<HaproxyQuestions> HaproxyQuestions::from_snapshot(std::string_view snapshot_text) {
  return HaproxyQuestions(TRY(model::parse_snapshot(snapshot_text)));
}

HaproxyQuestions::Says HaproxyQuestions::judge(const Question& question, std::string_view region,
                                               const gates::LiveGate& gate) const {
  const Service& service = services_[question.service];
  bool all_refused = true;
  bool some_touched = false;
  const auto ask_each = [&](std::string_view resource) {
    for (const std::string& operation : service.operations) {
      const Answer answer = gate.look(question.key, {.subscription = question.subscription,
                                                     .service = service.name,
                                                     .operation = operation,
                                                     .region = region,
                                                     .resource = resource});
      all_refused = all_refused && answer.refused();
      some_touched = some_touched || answer.outcome != Outcome::yes;
    }
  };
  // Each line that matches without a resource matches with any, so that "all refused" holds for
  // all; the same goes for regions.
  ask_each({});
  if (all_refused) return Says::deny;
  for (const Resource& resource : question.resources) {
    if (some_touched) break;
    if (resource.region == region) ask_each(resource.resource);
  }
  return some_touched ? Says::ask : Says::nothing;
}

void HaproxyQuestions::add_to(MapEntries& out, const Question& question,
                              const gates::LiveGate& gate) const {
  const std::string& service = services_[question.service].name;
  const Says everywhere = judge(question, {}, gate);
  if (everywhere != Says::nothing) {
    out.push_back({map_key(question.subscription, service, {}),
                   everywhere == Says::deny ? MapSays::deny : MapSays::ask});
  }
  if (everywhere == Says::deny) return;
  for (const std::string& region : question.regions) {
    const Says there = judge(question, region, gate);
    if (there <= everywhere) continue;
    out.push_back({map_key(question.subscription, service, region),
                   there == Says::deny ? MapSays::deny : MapSays::ask});
  }
}

MapEntries HaproxyQuestions::ask(const gates::LiveGate& gate) const {
  MapEntries out;
  for (const Question& question : questions_) add_to(out, question, gate);
  std::ranges::sort(out, {}, &MapEntry::key);
  return out;
}

bool HaproxyQuestions::changes_in(std::int64_t after, std::int64_t until) const {
  const auto next = std::ranges::upper_bound(changes_, after);
  return next != changes_.end() && *next <= until;
}

}  // namespace proviso::gate_daemon
