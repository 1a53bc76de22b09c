// SPDX-License-Identifier: Apache-2.0
#include "intake/never_list.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace proviso::intake {
namespace {

enum class Match : std::uint8_t {
  contains,  // the word stands anywhere in one member name
  member,    // a member name of the path is the word, so all below it is meant, too
  last,      // the path's last member name is the word
};

struct Never {
  std::string_view word;  // lower case, letters and digits only
  Match match;
  bool may_hash;
  std::string_view reason;
};

constexpr std::string_view kContent = "it holds content";
constexpr std::string_view kPrint = "it is a fingerprint of content";
constexpr std::string_view kName = "it holds a name that the customer chose";
constexpr std::string_view kPerson = "it tells who called";
constexpr std::string_view kAddress = "it holds an address";
constexpr std::string_view kSecret = "it holds a credential";

constexpr auto kNever = std::to_array<Never>({
    {"prompt", Match::contains, false, kContent},
    {"completion", Match::contains, false, kContent},
    {"transcript", Match::contains, false, kContent},
    {"message", Match::last, false, kContent},
    {"messages", Match::contains, false, kContent},
    {"errormessage", Match::contains, false, kContent},
    {"body", Match::contains, false, kContent},
    {"payload", Match::contains, false, kContent},
    {"content", Match::contains, false, kContent},
    {"requestparameters", Match::member, false, kContent},
    {"responseelements", Match::member, false, kContent},
    {"additionaleventdata", Match::member, false, kContent},
    {"serviceeventdetails", Match::member, false, kContent},
    {"insightdetails", Match::member, false, kContent},
    {"eventcontext", Match::member, false, kContent},
    {"properties", Match::member, false, kContent},
    {"propertiesd", Match::member, false, kContent},
    {"rawdata", Match::contains, false, kContent},
    {"database64", Match::contains, false, kContent},
    {"unmapped", Match::member, false, kContent},
    {"enrichments", Match::member, false, kContent},
    {"observables", Match::member, false, kContent},
    {"systeminstructions", Match::contains, false, kContent},
    {"genaitoolcall", Match::contains, false, kContent},
    {"genaitooldefinitions", Match::contains, false, kContent},
    {"retrievaldocuments", Match::contains, false, kContent},
    {"retrievalquery", Match::contains, false, kContent},
    {"querytext", Match::contains, false, kContent},
    {"querystring", Match::contains, false, kContent},
    {"responsetext", Match::contains, false, kContent},
    {"exception", Match::contains, false, kContent},
    {"md5", Match::contains, false, kPrint},
    {"etag", Match::last, false, kPrint},
    {"rawdatahash", Match::contains, false, kPrint},
    {"objectkey", Match::contains, false, kName},
    {"objectname", Match::contains, false, kName},
    {"blobname", Match::contains, false, kName},
    {"bucketname", Match::contains, true, kName},
    {"filename", Match::contains, false, kName},
    {"resourcename", Match::contains, true, kName},
    {"subject", Match::last, false, kName},
    {"tags", Match::member, false, kName},
    {"labels", Match::member, false, kName},
    {"conversationid", Match::contains, false, kName},
    {"uri", Match::last, false, kName},
    {"sourceuri", Match::last, false, kName},
    {"destinationuri", Match::last, false, kName},
    {"url", Match::member, false, kName},
    {"caller", Match::contains, false, kPerson},
    {"claims", Match::member, false, kPerson},
    {"claimsd", Match::member, false, kPerson},
    {"username", Match::contains, false, kPerson},
    {"useragent", Match::contains, false, kPerson},
    {"displayname", Match::contains, false, kPerson},
    {"surname", Match::contains, false, kPerson},
    {"givenname", Match::contains, false, kPerson},
    {"email", Match::contains, false, kPerson},
    {"upn", Match::last, false, kPerson},
    {"requesterupn", Match::last, false, kPerson},
    {"requesterobjectid", Match::last, false, kPerson},
    {"principalid", Match::contains, true, kPerson},
    {"arn", Match::last, true, kName},
    {"actor", Match::member, true, kPerson},
    {"user", Match::member, true, kPerson},
    {"enduser", Match::contains, false, kPerson},
    {"sessioncontext", Match::member, false, kPerson},
    {"webidfederationdata", Match::member, false, kPerson},
    {"phone", Match::contains, false, kAddress},
    {"msisdn", Match::contains, false, kAddress},
    {"ipaddress", Match::contains, false, kAddress},
    {"ipaddr", Match::contains, false, kAddress},
    {"ip", Match::last, false, kAddress},
    {"hostname", Match::last, false, kAddress},
    {"srcendpoint", Match::member, false, kAddress},
    {"dstendpoint", Match::member, false, kAddress},
    {"hostheader", Match::contains, false, kAddress},
    {"referrer", Match::contains, false, kAddress},
    {"accesskey", Match::contains, false, kSecret},
    {"password", Match::contains, false, kSecret},
    {"secret", Match::contains, false, kSecret},
    {"apitoken", Match::contains, false, kSecret},
    {"token", Match::last, false, kSecret},
    {"authorization", Match::last, false, kSecret},
    {"authenticationhash", Match::last, false, kSecret},
});

std::string letters_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) out += lower;
  }
  return out;
}

std::vector<std::string> members_of(std::string_view path) {
  std::vector<std::string> members;
  for (;;) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    members.push_back(letters_of(path.substr(0, dot)));
    if (dot == path.size()) return members;
    path.remove_prefix(dot + 1);
  }
}

/// A figure about content is no content: RequestBodySize, prompt_tokens.
bool is_measure(std::string_view member) {
  constexpr auto kEndings = std::to_array<std::string_view>(
      {"tokens", "size", "length", "lengthheader", "count", "contenttype"});
  return std::ranges::any_of(kEndings, [&](auto ending) { return member.ends_with(ending); });
}

bool matches(const Never& never, const std::vector<std::string>& members, std::string_view whole) {
  switch (never.match) {
    case Match::last: return members.back() == never.word;
    case Match::member: return std::ranges::find(members, never.word) != members.end();
    case Match::contains:
      return !is_measure(members.back()) && whole.find(never.word) != std::string_view::npos;
  }
  return true;
}

}  // namespace

std::optional<std::string_view> never_reason(std::string_view path, Use use) {
  const std::vector<std::string> members = members_of(path);
  const std::string whole = letters_of(path);
  for (const Never& never : kNever) {
    if (use == Use::hash && never.may_hash) continue;
    if (matches(never, members, whole)) return never.reason;
  }
  return std::nullopt;
}

}  // namespace proviso::intake
