// SPDX-License-Identifier: Apache-2.0
// I1: for every format, one record that has every field of its policy; each dropped field, and each
// hashed one, holds a canary. All kept fields come out, no canary does.
#include <algorithm>

#include "base/json.h"
#include "intake/tests/helpers.h"

namespace proviso::intake {
namespace {

using namespace testing;

constexpr std::string_view kCanary = "CANARY";

bool any_of_paths(const std::vector<std::string>& paths, const std::string& path) {
  return std::ranges::find(paths, path) != paths.end();
}

/// A value of the kind that the mapping expects at `path`.
std::string sample(const FieldPolicy& p, const std::string& path) {
  if (const auto it = p.require.find(path); it != p.require.end()) return "\"" + it->second + "\"";
  const bool numbers = p.numeric_time_ns > 0;
  if (any_of_paths(p.window_start, path) || any_of_paths(p.window_end, path)) {
    if (numbers && p.numeric_time_ns == 1 && path.ends_with("Nano"))
      return "\"1790000000000000000\"";
    if (numbers && p.numeric_time_ns == 1'000'000) return "1790000000000";
    return "\"2026-09-01T10:00:00Z\"";
  }
  const bool whole = any_of_paths(p.count, path) || any_of_paths(p.operation_index, path);
  if (whole) return "0";
  for (const auto& amount : p.amounts) {
    if (any_of_paths(amount.fields, path)) return "7";
  }
  return "\"v-" + rule_name(path) + "\"";
}

/// Objects are written by nesting a tree of names.
struct Tree {
  std::map<std::string, Tree> members;
  std::string value;
  bool is_array = false;
  std::string text() const {
    if (members.empty()) return value;
    std::string out = is_array ? "[{" : "{";
    for (const auto& [name, member] : members) {
      if (out.back() != '{') out += ",";
      out += "\"" + name + "\":" + member.text();
    }
    return out + (is_array ? "}]" : "}");
  }
  void put(std::string path, const std::string& text, bool literal) {
    const std::size_t dot = literal ? std::string::npos : path.find('.');
    std::string name = path.substr(0, dot);
    const bool array = !literal && name.ends_with("[]");
    if (array) name.resize(name.size() - 2);
    Tree& child = members[name];
    child.is_array = child.is_array || array;
    if (dot == std::string::npos) {
      child.value = text;
    } else {
      child.put(path.substr(dot + 1), text, false);
    }
  }
};

std::string canary_at(std::string path) {
  if (path.ends_with("*")) path.replace(path.size() - 1, 1, "anything");
  return path;
}

std::string json_record(const FieldPolicy& p) {
  Tree tree;
  // A canary first, where drop names a parent of what another drop names.
  for (const auto& path : p.drop) {
    tree.put(canary_at(path), "\"" + std::string(kCanary) + "\"", p.literal_names);
  }
  for (const auto& path : p.hash) {
    tree.put(path, "\"" + std::string(kCanary) + "\"", p.literal_names);
  }
  for (const auto& path : p.keep) tree.put(path, sample(p, path), p.literal_names);
  tree.put("unnamed_field", "\"" + std::string(kCanary) + "\"", true);
  return tree.text() + "\n";
}

std::string csv_record(const FieldPolicy& p) {
  std::string header = "unnamed_field";
  std::string row(kCanary);
  const auto add = [&](const std::string& name, const std::string& value) {
    header += "," + name;
    row += "," + value;
  };
  for (const auto& path : p.keep) add(path, sample(p, path));
  for (const auto& path : p.drop) add(path, std::string(kCanary));
  for (const auto& path : p.hash) add(path, std::string(kCanary));
  return header + "\n" + row + "\n";
}

std::vector<std::string> all_fields(const FieldPolicy& p) {
  std::vector<std::string> all = p.keep;
  all.insert(all.end(), p.hash.begin(), p.hash.end());
  all.insert(all.end(), p.drop.begin(), p.drop.end());
  return all;
}

TEST(Canary, KeptFieldsComeOutAndNothingElseDoes) {
  ASSERT_EQ(shipped_policies().all().size(), 8U);
  for (const auto& [format, policy] : shipped_policies().all()) {
    DecodeOptions options = options_with(all_fields(policy));
    options.subscription = "sub-1";
    const std::string text =
        policy.syntax == Syntax::csv ? csv_record(policy) : json_record(policy);
    const Output out = read_text(text, options);
    ASSERT_EQ(out.events.size(), 1U) << format << ": " << out.all();
    EXPECT_EQ(out.format, format);
    EXPECT_EQ(out.all().find(kCanary), std::string::npos) << format;
    for (const auto& path : policy.keep) {
      EXPECT_NE(out.events[0].find("|" + rule_name(path) + ":"), std::string::npos)
          << format << " " << path;
    }
    for (const auto& path : policy.hash) {
      EXPECT_NE(out.events[0].find("|" + rule_name(path) + ":"), std::string::npos) << path;
    }
  }
}

TEST(Canary, BrokenRecordsGiveNoValueAway) {
  for (const auto& [format, policy] : shipped_policies().all()) {
    DecodeOptions options = options_with(all_fields(policy));
    options.subscription = "sub-1";
    options.format = format;
    const std::string whole =
        policy.syntax == Syntax::csv ? csv_record(policy) : json_record(policy);
    for (std::size_t cut = 1; cut < whole.size(); cut += 7) {
      const Output out = read_text(whole.substr(0, cut) + "\n", options);
      EXPECT_EQ(out.all().find(kCanary), std::string::npos) << format << " cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace proviso::intake
