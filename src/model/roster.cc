// SPDX-License-Identifier: Apache-2.0
#include "model/roster.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/json_flag.h"
#include "model/ids.h"

namespace proviso::model {
namespace {

constexpr std::size_t kRosterMax = 1'000;
constexpr std::array<std::string_view, 5> kRoles = {"proposer", "approver", "reviewer",
                                                    "case-manager", "auditor"};

Json member_to_json(const RosterMember& member) {
  Json::Object out{{"key", hex_encode(member.key.view())},
                   {"person", member.person},
                   {"role", to_string(member.role)},
                   {"outside", member.outside}};
  if (member.on_call) out.emplace("on_call", true);
  if (member.server_mediated) out.emplace("server_mediated", true);
  return out;
}

Result<RosterMember> member_from_json(const Json& value, const std::string& where) {
  JsonReader reader(value, where);
  RosterMember member;
  const auto bytes = hex_decode(reader.string("key"));
  const auto key = bytes ? PublicKey::from_bytes(*bytes) : Result<PublicKey>(PublicKey{});
  if (!bytes || !key) reader.fail_at("key", "not an Ed25519 public key in hexadecimal");
  member.person = reader.string("person");
  if (reader.ok() && !is_valid_id(member.person)) reader.fail_at("person", "not a valid id");
  const auto role = parse_role(reader.string("role"));
  if (!role) reader.fail_at("role", "not proposer, approver, reviewer, case-manager or auditor");
  member.outside = reader.boolean("outside");
  member.on_call = read_flag(reader, "on_call");
  member.server_mediated = read_flag(reader, "server_mediated");
  if (member.on_call && role != Role::approver) {
    reader.fail_at("on_call", "only approvers are on call for emergencies");
  }
  TRY_VOID(reader.finish());
  member.key = *key;
  member.role = *role;
  return member;
}

Result<void> check_beside(const RosterMember& member, const std::vector<RosterMember>& others) {
  for (const RosterMember& other : others) {
    if (other.key == member.key) return fail(Errc::conflict, "roster: a key stands twice");
    if (other.person == member.person && other.outside != member.outside) {
      return fail(Errc::invalid_input,
                  "roster: " + printable(member.person) +
                      " is of the organisation by one key and from outside by another (I15)");
    }
  }
  return {};
}

}  // namespace

std::string_view to_string(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

std::string with_article(Role role) {
  const std::string_view name = to_string(role);
  return (name.starts_with('a') ? "an " : "a ") + std::string(name);
}

std::optional<Role> parse_role(std::string_view text) {
  const auto* const found = std::ranges::find(kRoles, text);
  if (found == kRoles.end()) return std::nullopt;
  return static_cast<Role>(found - kRoles.begin());
}

Json roster_to_json(const std::vector<RosterMember>& roster) {
  Json::Array out;
  for (const RosterMember& member : roster) out.push_back(member_to_json(member));
  return out;
}

Result<std::vector<RosterMember>> roster_from_json(const Json& value) {
  const Json::Array* items = value.if_array();
  if (items == nullptr) return fail(Errc::invalid_input, "roster: not a list");
  if (items->size() > kRosterMax) return fail(Errc::exhausted, "roster: more than 1000 members");
  std::vector<RosterMember> roster;
  for (const Json& item : *items) {
    RosterMember member =
        TRY(member_from_json(item, "roster[" + std::to_string(roster.size()) + "]"));
    TRY_VOID(check_beside(member, roster));
    roster.push_back(std::move(member));
  }
  return roster;
}

}  // namespace proviso::model
