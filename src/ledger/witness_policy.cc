// SPDX-License-Identifier: Apache-2.0
#include "ledger/witness_policy.h"

#include <algorithm>
#include <set>
#include <span>

#include "base/encoding.h"
#include "ledger/checkpoint.h"

namespace proviso::ledger {
namespace {

constexpr std::size_t kDefinitionsMax = 1024;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  while (true) {
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return out;
    line.remove_prefix(first);
    const auto end = std::min(line.find_first_of(" \t\r"), line.size());
    out.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

using Words = std::span<const std::string_view>;

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::invalid_input, std::string(what));
}

// Reads line after line into the policy.
class PolicyReader {
 public:
  Result<void> line(Words words) {
    if (names_.size() == kDefinitionsMax) return bad("more than 1,024 names");
    if (words[0] == "log") return log(words.subspan(1));
    if (words[0] == "witness") return witness(words.subspan(1));
    if (words[0] == "group") return group(words.subspan(1));
    if (words[0] == "quorum") return quorum(words.subspan(1));
    return bad("a line is log, witness, group or quorum");
  }
  [[nodiscard]] bool has_quorum() const { return has_quorum_; }
  WitnessPolicy policy;

 private:
  Result<void> log(Words words) {
    if (words.empty() || words.size() > 2) return bad("expected: log VKEY [URL]");
    auto key = TRY(NoteVerifier::parse(words[0]));
    for (const auto& other : policy.logs) {
      if (other.key.key == key.key) return bad("a log with the key of an earlier one");
    }
    policy.logs.push_back({std::move(key), words.size() > 1 ? std::string(words[1]) : ""});
    return {};
  }

  Result<void> witness(Words words) {
    if (words.size() < 2 || words.size() > 3) return bad("expected: witness NAME VKEY [URL]");
    TRY_VOID(define(words[0]));
    auto key = TRY(CosignerKey::parse(words[1]));
    for (const auto& other : policy.witnesses) {
      if (other.key.key == key.key) return bad("a witness with the key of an earlier one");
      if (other.key.name == key.name && other.key.key_id() == key.key_id()) {
        return bad("a witness whose lines are like those of an earlier one");
      }
    }
    policy.witnesses.push_back(
        {std::string(words[0]), std::move(key), words.size() > 2 ? std::string(words[2]) : ""});
    return {};
  }

  Result<void> group(Words words) {
    if (words.size() < 3) return bad("expected: group NAME all|any|K MEMBER...");
    WitnessPolicy::Group group{std::string(words[0]), 0, {}};
    for (const std::string_view member : words.subspan(2)) {
      if (!names_.contains(member)) return bad("a member that is not defined before");
      if (!members_.insert(std::string(member)).second) return bad("a member of two groups");
      group.members.emplace_back(member);
    }
    TRY_VOID(define(words[0]));
    if (words[1] == "all") {
      group.needed = group.members.size();
    } else if (words[1] == "any") {
      group.needed = 1;
    } else {
      const auto needed = parse_decimal(words[1]);
      if (!needed || *needed == 0 || *needed > group.members.size()) {
        return bad("a group needs all, any, or 1 to as many as its members");
      }
      group.needed = *needed;
    }
    policy.groups.push_back(std::move(group));
    return {};
  }

  Result<void> quorum(Words words) {
    if (has_quorum_) return bad("a second quorum");
    if (words.size() != 1) return bad("expected: quorum NAME|none");
    has_quorum_ = true;
    if (words[0] == "none") return {};
    if (!names_.contains(words[0])) return bad("a quorum that is not defined before");
    policy.quorum = words[0];
    return {};
  }

  Result<void> define(std::string_view name) {
    if (name == "none") return bad("'none' is no name");
    if (!names_.insert(std::string(name)).second) return bad("a name that is defined already");
    return {};
  }

  std::set<std::string, std::less<>> names_;
  std::set<std::string, std::less<>> members_;
  bool has_quorum_ = false;
};

}  // namespace

Result<WitnessPolicy> WitnessPolicy::parse(const std::string& name, std::string_view text) {
  if (text.size() > kWitnessPolicyBytesMax) return bad(name + ":1:1: longer than 65,536 bytes");
  if (!is_utf8(text)) return bad(name + ":1:1: not UTF-8");
  PolicyReader reader;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = text.find('\n');
    const auto words = words_of(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (words.empty() || words[0].starts_with('#')) continue;
    const auto read = reader.line(words);
    if (!read) return bad(name + ":" + std::to_string(number) + ":1: " + read.error().message);
  }
  if (!reader.has_quorum()) return bad(name + ":" + std::to_string(number) + ":1: no quorum line");
  return std::move(reader.policy);
}

// Groups stand behind their members, so one pass from the top knows each answer when it is needed.
bool WitnessPolicy::satisfied_by(const std::vector<std::size_t>& cosigned) const {
  if (quorum.empty()) return true;
  std::set<std::string_view> holds;
  for (const std::size_t i : cosigned) {
    if (i < witnesses.size()) holds.insert(witnesses[i].name);
  }
  for (const Group& group : groups) {
    const auto count = std::count_if(group.members.begin(), group.members.end(),
                                     [&](const std::string& m) { return holds.contains(m); });
    if (static_cast<std::size_t>(count) >= group.needed) holds.insert(group.name);
  }
  return holds.contains(quorum);
}

std::vector<CosignerKey> WitnessPolicy::keys() const {
  std::vector<CosignerKey> out;
  for (const Witness& witness : witnesses) out.push_back(witness.key);
  return out;
}

bool WitnessPolicy::covers(const NoteVerifier& log) const {
  const auto same = [&](const Log& other) {
    return other.key.name == log.name && other.key.key == log.key;
  };
  return logs.empty() || std::any_of(logs.begin(), logs.end(), same);
}

Result<Quorum> judge_cosignatures(std::string_view note, const WitnessPolicy& policy) {
  auto cosignatures = TRY(verify_cosignatures(note, policy.keys()));
  std::sort(cosignatures.begin(), cosignatures.end(),
            [](const Cosignature& a, const Cosignature& b) { return a.time < b.time; });
  // One after the other in time, so that it is seen with which of them it was enough.
  Quorum out{.cosigners = {}, .reached = policy.satisfied_by({})};
  for (const Cosignature& cosignature : cosignatures) {
    out.cosigners.push_back(cosignature.cosigner);
    if (out.reached || !policy.satisfied_by(out.cosigners)) continue;
    out.reached = true;
    out.by_when = cosignature.time;
  }
  std::sort(out.cosigners.begin(), out.cosigners.end());
  return out;
}

std::string describe(const Quorum& quorum, const WitnessPolicy& policy) {
  std::string names;
  for (const std::size_t i : quorum.cosigners) {
    names += (names.empty() ? "" : ", ") + policy.witnesses[i].name;
  }
  return (names.empty() ? "none" : names) + " of " + std::to_string(policy.witnesses.size()) +
         " witnesses cosigned";
}

}  // namespace proviso::ledger
