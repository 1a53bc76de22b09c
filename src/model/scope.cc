// SPDX-License-Identifier: Apache-2.0
#include "model/scope.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"

namespace proviso::model {
namespace {

constexpr std::size_t kScopeLinesMax = 10'000;
constexpr std::string_view kReserved = "/@:#%";

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (kReserved.find(c) != std::string_view::npos) {
      out += "%" + hex_encode({&c, 1});
    } else {
      out.push_back(c);
    }
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
      return fail(Errc::invalid_input, "scope: '%' is followed by two hexadecimal digits");
    }
    const std::string byte = TRY(hex_decode(text.substr(i + 1, 2)));
    out += byte;
    i += 2;
  }
  return out;
}

// The part of `text` up to the first of `stops`; removes it, and keeps the stop in place.
std::string_view take_part(std::string_view& text, std::string_view stops) {
  const std::size_t end = std::min(text.find_first_of(stops), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end);
  return part;
}

Result<std::string> take_id(std::string_view& text, std::string_view stops, std::string_view what) {
  std::string id = TRY(percent_decode(take_part(text, stops)));
  if (!is_valid_id(id)) {
    return fail(Errc::invalid_input, "scope: the " + std::string(what) +
                                         " is empty or not valid (write SUB/SERVICE[@REGION]"
                                         "[:CLASS][#RESOURCE])");
  }
  return id;
}

Result<void> check_exact(const std::string& id, std::string_view what) {
  if (id.find('*') != std::string::npos) {
    return fail(Errc::denied, "scope: a wildcard in the " + std::string(what) +
                                  " (I3: name each subscription and service)");
  }
  return {};
}

// One text per set: an item that stands twice in a list is refused, and for comparing lines the
// order of a list does not matter.
template <class T>
Result<void> sort_distinct(std::vector<T>& items) {
  std::sort(items.begin(), items.end());
  if (std::adjacent_find(items.begin(), items.end()) == items.end()) return {};
  return fail(Errc::denied, "scope: a region, class or resource stands twice in one line (I3)");
}

Result<std::string> comparable(ScopeLine line) {
  TRY_VOID(sort_distinct(line.regions));
  TRY_VOID(sort_distinct(line.classes));
  TRY_VOID(sort_distinct(line.resources));
  return to_string(line);
}

Result<void> check_line(const ScopeLine& line) {
  if (!is_valid_id(line.subscription.value) || !is_valid_id(line.service.value)) {
    return fail(Errc::denied, "scope: an empty or invalid subscription or service (I3)");
  }
  TRY_VOID(check_exact(line.subscription.value, "subscription"));
  TRY_VOID(check_exact(line.service.value, "service"));
  if (normalise_id(line.subscription.value) != line.subscription.value) {
    return fail(Errc::denied, "scope: a GUID is written in lower case (I3: one text per line)");
  }
  for (const std::string& region : line.regions) {
    if (!is_valid_id(region)) return fail(Errc::denied, "scope: an empty region (I3)");
    TRY_VOID(check_exact(region, "region"));
  }
  for (const std::string& resource : line.resources) {
    if (!Digest::from_hex(resource)) {
      return fail(Errc::denied, "scope: a resource is its keyed hash of 64 hexadecimal digits");
    }
  }
  return {};
}

Json::Array to_json(const std::vector<std::string>& items) { return {items.begin(), items.end()}; }

}  // namespace

std::string normalise_id(std::string_view text) {
  std::string out(text);
  if (text.size() != 36) return out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return out;
  }
  for (char& c : out) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Result<ScopeLine> parse_scope_line(std::string_view text) {
  ScopeLine line;
  const std::string subscription = TRY(take_id(text, "/@:#", "subscription"));
  line.subscription = SubscriptionId(normalise_id(subscription));
  if (!text.starts_with('/')) {
    return fail(Errc::invalid_input, "scope: no service (write SUB/SERVICE)");
  }
  text.remove_prefix(1);
  line.service = ServiceId(TRY(take_id(text, "/@:#", "service")));
  if (text.starts_with('@')) {
    text.remove_prefix(1);
    line.regions.push_back(TRY(take_id(text, "/@:#", "region")));
  }
  if (text.starts_with(':')) {
    text.remove_prefix(1);
    const auto action_class = parse_action_class(take_part(text, "/@:#"));
    if (!action_class) {
      return fail(Errc::invalid_input,
                  "scope: not an action class (read, write, compute, admin, export, other)");
    }
    line.classes.push_back(*action_class);
  }
  if (text.starts_with('#')) {
    text.remove_prefix(1);
    line.resources.push_back(TRY(take_id(text, "/@:#", "resource")));
  }
  if (!text.empty()) {
    return fail(Errc::invalid_input,
                "scope: text after its end (write SUB/SERVICE[@REGION][:CLASS][#RESOURCE])");
  }
  TRY_VOID(check_exact(line.subscription.value, "subscription"));
  TRY_VOID(check_exact(line.service.value, "service"));
  for (const std::string& region : line.regions) TRY_VOID(check_exact(region, "region"));
  return line;
}

std::string to_string(const ScopeLine& line) {
  std::string out =
      percent_encode(line.subscription.value) + "/" + percent_encode(line.service.value);
  for (const std::string& region : line.regions) out += "@" + percent_encode(region);
  for (const ActionClass c : line.classes) out += ":" + std::string(to_string(c));
  for (const std::string& resource : line.resources) out += "#" + resource;
  return out;
}

Json scope_to_json(const std::vector<ScopeLine>& scope) {
  Json::Array lines;
  for (const ScopeLine& line : scope) {
    Json::Array classes;
    for (const ActionClass c : line.classes) classes.emplace_back(to_string(c));
    lines.emplace_back(Json::Object{{"subscription", line.subscription.value},
                                    {"service", line.service.value},
                                    {"regions", to_json(line.regions)},
                                    {"classes", std::move(classes)},
                                    {"resources", to_json(line.resources)}});
  }
  return lines;
}

Result<std::vector<ScopeLine>> scope_from_json(const Json::Array& items, const std::string& where) {
  std::vector<ScopeLine> scope;
  for (const Json& item : items) {
    JsonReader reader(item, where + "[" + std::to_string(scope.size()) + "]");
    ScopeLine line;
    line.subscription = SubscriptionId(reader.string("subscription"));
    line.service = ServiceId(reader.string("service"));
    line.regions = reader.strings("regions");
    line.resources = reader.strings("resources");
    for (const std::string& text : reader.strings("classes")) {
      const auto action_class = parse_action_class(text);
      if (!action_class) {
        reader.fail_at("classes", "not an action class");
      } else {
        line.classes.push_back(*action_class);
      }
    }
    TRY_VOID(reader.finish());
    scope.push_back(std::move(line));
  }
  TRY_VOID(check_scope(scope));
  return scope;
}

Result<void> check_scope(const std::vector<ScopeLine>& scope) {
  if (scope.empty()) return fail(Errc::denied, "scope: empty (I3: an order names what it cuts)");
  if (scope.size() > kScopeLinesMax) return fail(Errc::exhausted, "scope: more than 10000 lines");
  std::vector<std::string> texts;
  for (const ScopeLine& line : scope) {
    TRY_VOID(check_line(line));
    std::string text = TRY(comparable(line));
    texts.push_back(std::move(text));
  }
  std::sort(texts.begin(), texts.end());
  if (std::adjacent_find(texts.begin(), texts.end()) != texts.end()) {
    return fail(Errc::denied, "scope: a line stands twice (I3)");
  }
  return {};
}

}  // namespace proviso::model
