// SPDX-License-Identifier: Apache-2.0
#include "model/disclosure.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "model/entry.h"
#include "model/testing/people.h"

namespace proviso::model {
namespace {

EntryDraft sample() {
  SeededRandom random(4);
  return new_entry(entry_kind::evidence_added, testing::at("2026-11-05T08:00:00Z"), random,
                   Json::Object{{"case", "c"}},
                   Json::Object{{"class", "document"}, {"digest", "d"}, {"group", "Ms Reporter"}});
}

Disclosure show(const EntryDraft& draft, const std::vector<std::string>& names) {
  Disclosure out{.entry = draft.id, .salt = draft.salt, .digests = {}, .shown = {}, .salts = {}};
  for (const auto& [name, value] : *draft.private_part.if_object()) {
    const std::string salt = field_salt(draft.field_secret, name);
    out.digests.emplace(name, field_digest(salt, value));
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    out.shown.emplace(name, value);
    out.salts.emplace(name, salt);
  }
  return out;
}

TEST(Disclosure, ProvesWhatItShowsAndHidesTheRest) {
  const EntryDraft draft = sample();
  const Json written = disclosure_to_json(show(draft, {"class"}));
  EXPECT_EQ(canonical_json(written).find("Reporter"), std::string::npos);
  const auto read = disclosure_from_json(written);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(check_disclosure(*read, commitment(draft)));
  EXPECT_EQ(read->shown.size(), 1U);
  EXPECT_EQ(read->digests.size(), 3U);
  // With all that is shown nobody can try guesses of what is not: its salt is not derived from it.
  for (const std::string& salt : {read->salt, read->salts.at("class")}) {
    EXPECT_NE(field_digest(salt, "Ms Reporter"), read->digests.at("group"));
    EXPECT_NE(field_digest(field_salt(salt, "group"), "Ms Reporter"), read->digests.at("group"));
  }
}

TEST(Disclosure, AnotherValueFieldOrEntryIsRefused) {
  const EntryDraft draft = sample();
  const Digest committed = commitment(draft);
  Disclosure value = show(draft, {"class"});
  value.shown.at("class") = "press";
  EXPECT_FALSE(check_disclosure(value, committed));
  Disclosure dropped = show(draft, {"class"});
  dropped.digests.erase("group");
  EXPECT_FALSE(check_disclosure(dropped, committed)) << "a field cannot be denied";
  Disclosure added = show(draft, {"class"});
  added.digests.emplace("x", sha256("x"));
  EXPECT_FALSE(check_disclosure(added, committed));
  Disclosure unknown = show(draft, {"class"});
  unknown.shown.emplace("x", 1);
  unknown.salts.emplace("x", std::string(32, 's'));
  EXPECT_FALSE(check_disclosure(unknown, committed));
  EXPECT_FALSE(check_disclosure(show(draft, {"class"}), sha256("another")));
}

TEST(Disclosure, IsReadStrictly) {
  const Json good = disclosure_to_json(show(sample(), {"class"}));
  const auto with = [&](std::string_view name, const Json& value) {
    Json changed = good;
    changed.if_object()->insert_or_assign(std::string(name), value);
    return disclosure_from_json(changed).has_value();
  };
  EXPECT_TRUE(disclosure_from_json(good));
  EXPECT_FALSE(with("salt", "00"));
  EXPECT_FALSE(with("surplus", 1));
  EXPECT_FALSE(with("fields", Json::Object{{"a", "b"}}));
  EXPECT_FALSE(with("fields", 1));
  EXPECT_FALSE(with("shown", Json::Object{{"class", "document"}}));
  EXPECT_FALSE(with("shown", Json::Object{{"class", Json::Object{{"salt", "00"}, {"value", 1}}}}));
  Json::Object many;
  for (int i = 0; i < 65; ++i) many.emplace(std::to_string(i), sha256("x").hex());
  EXPECT_FALSE(with("fields", many));
}

}  // namespace
}  // namespace proviso::model
