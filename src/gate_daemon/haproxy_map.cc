// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/haproxy_map.h"

#include <charconv>
#include <vector>

namespace proviso::gate_daemon {
namespace {

std::string line_of(const MapEntry& entry) {
  return entry.key + " " + std::string(to_string(entry.says));
}

std::string heartbeat_at(std::int64_t now) {
  return std::string(kHeartbeatKey) + " " + std::to_string(now);
}

// From one list to the other: what goes, what is said otherwise, what comes.
struct Changes {
  std::vector<const MapEntry*> gone;
  std::vector<const MapEntry*> other;
  std::vector<const MapEntry*> fresh;
  [[nodiscard]] std::size_t size() const { return gone.size() + other.size() + fresh.size(); }
};

Changes changes_between(const MapEntries& from, const MapEntries& to) {
  Changes out;
  auto old = from.begin();
  for (const MapEntry& entry : to) {
    while (old != from.end() && old->key < entry.key) out.gone.push_back(&*old++);
    if (old == from.end() || old->key != entry.key) {
      out.fresh.push_back(&entry);
      continue;
    }
    if (old->says != entry.says) out.other.push_back(&entry);
    ++old;
  }
  while (old != from.end()) out.gone.push_back(&*old++);
  return out;
}

// "New version created: 7"
Result<std::string> version_in(std::string_view answer) {
  const std::string_view digits = answer.substr(answer.rfind(' ') + 1);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return fail(Errc::unavailable, "HAProxy does not tell the number of a new version of its map");
  }
  return std::to_string(number);
}

Result<void> expect_silence(Result<std::string> answer) {
  if (!answer) return std::unexpected(std::move(answer).error());
  if (answer->empty()) return {};
  return fail(Errc::unavailable, "HAProxy answers a change of its map with words");
}

}  // namespace

std::string HaproxyMap::command(std::string_view what, std::string_view rest) const {
  std::string out(what);
  out.append(" ").append(name_);
  if (!rest.empty()) out.append(" ").append(rest);
  out.push_back('\n');
  return out;
}

Result<HaproxyMap::Outcome> HaproxyMap::bring(HaproxyCli& cli,
                                              const std::shared_ptr<const MapEntries>& wanted,
                                              std::int64_t now) {
  Outcome out;
  if (known_ != nullptr) {
    auto changed = change(cli, wanted, now);
    if (!changed) known_ = nullptr;
    if (changed) {
      known_ = wanted;
      out.done = *changed;
      return out;
    }
    if (changed.error().code != Errc::not_found) return std::unexpected(changed.error());
    out.was_lost = true;
  }
  TRY_VOID(swap(cli, *wanted, now));
  known_ = wanted;
  out.done = Done::all;
  return out;
}

Result<HaproxyMap::Done> HaproxyMap::change(HaproxyCli& cli,
                                            const std::shared_ptr<const MapEntries>& wanted,
                                            std::int64_t now) const {
  Changes changes;
  if (known_ != wanted) changes = changes_between(*known_, *wanted);
  const bool many = changes.size() > limits_.single_changes_max;
  if (many) {
    TRY_VOID(swap(cli, *wanted, now));
    return Done::all;
  }
  for (const MapEntry* entry : changes.gone) {
    TRY_VOID(expect_silence(cli.ask(command("del map", entry->key))));
  }
  for (const MapEntry* entry : changes.other) {
    TRY_VOID(expect_silence(cli.ask(command("set map", line_of(*entry)))));
  }
  for (const MapEntry* entry : changes.fresh) {
    TRY_VOID(expect_silence(cli.ask(command("add map", line_of(*entry)))));
  }
  // Last, since it says that all of this is there. A HAProxy that was started again does not have
  // it, also where nothing else has changed.
  TRY_VOID(expect_silence(cli.ask(command("set map", heartbeat_at(now)))));
  return changes.size() == 0 ? Done::nothing : Done::changes;
}

// What is cut off on the way leaves lines of a version that nobody sees; the next one that is taken
// into use removes them.
Result<void> HaproxyMap::swap(HaproxyCli& cli, const MapEntries& wanted, std::int64_t now) const {
  const std::string told = TRY(cli.ask(command("prepare map", {})));
  const std::string version = TRY(version_in(told));
  const std::string head = "add map @" + version + " " + name_ + " <<\n";
  std::string payload = head;
  const auto send = [&]() -> Result<void> {
    payload.push_back('\n');
    TRY_VOID(expect_silence(cli.ask(payload)));
    payload = head;
    return {};
  };
  const auto add = [&](const std::string& line) -> Result<void> {
    const bool full = payload.size() + line.size() + 2 > limits_.payload_bytes;
    if (full && payload.size() > head.size()) TRY_VOID(send());
    payload.append(line).push_back('\n');
    return {};
  };
  for (const MapEntry& entry : wanted) TRY_VOID(add(line_of(entry)));
  TRY_VOID(add(heartbeat_at(now)));
  TRY_VOID(send());
  return expect_silence(cli.ask("commit map @" + version + " " + name_ + "\n"));
}

}  // namespace proviso::gate_daemon
