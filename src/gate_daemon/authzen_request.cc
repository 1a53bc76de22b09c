// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/authzen_request.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "model/ids.h"

namespace proviso::gate_daemon {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kCompareMax = 16;  // names that are compared pair by pair

bool has_name_twice(dom::object object) {
  std::array<std::string_view, kCompareMax> names;
  std::size_t count = 0;
  for (const dom::key_value_pair member : object) {
    if (count == names.size()) {
      std::unordered_set<std::string_view> all;
      return std::ranges::any_of(
          object, [&](const dom::key_value_pair& each) { return !all.insert(each.key).second; });
    }
    if (std::find(names.begin(), names.begin() + count, member.key) != names.begin() + count) {
      return true;
    }
    names.at(count++) = member.key;
  }
  return false;
}

// As deep as the parser lets a document be.
bool has_name_twice_within(dom::element element) {
  if (dom::object object; element.get(object) == simdjson::SUCCESS) {
    if (has_name_twice(object)) return true;
    for (const dom::key_value_pair member : object) {
      if (has_name_twice_within(member.value)) return true;
    }
  } else if (dom::array array; element.get(array) == simdjson::SUCCESS) {
    for (const dom::element item : array) {
      if (has_name_twice_within(item)) return true;
    }
  }
  return false;
}

AuthzenParts::Member member_of(dom::object object, std::string_view name) {
  dom::element out;
  if (object.at_key(name).get(out) != simdjson::SUCCESS) return std::nullopt;
  return out;
}

std::unexpected<Error> wrong(std::string_view part, std::string_view member,
                             std::string_view what) {
  std::string text(part);
  if (!member.empty()) text.append(".").append(member);
  return fail(Errc::invalid_input, text.append(": ").append(what));
}

// A part with the members that it must have. `required` may be missing where it is searched for.
Result<void> check_part(const AuthzenParts::Member& part, std::string_view name,
                        std::string_view type, std::string_view required, bool searched) {
  if (!part) return wrong(name, "", "missing");
  dom::object object;
  if (part->get(object) != simdjson::SUCCESS) return wrong(name, "", "not an object");
  for (const std::string_view member : {type, searched ? std::string_view() : required}) {
    if (member.empty()) continue;
    const auto value = member_of(object, member);
    if (!value) return wrong(name, member, "missing");
    if (!value->is_string()) return wrong(name, member, "not a string");
  }
  const auto properties = member_of(object, "properties");
  if (properties && !properties->is_object()) return wrong(name, "properties", "not an object");
  return {};
}

Result<void> check_parts(const AuthzenParts& parts, Searched searched) {
  TRY_VOID(check_part(parts.subject, "subject", "type", "id", searched == Searched::subjects));
  if (searched != Searched::actions)
    TRY_VOID(check_part(parts.action, "action", "", "name", false));
  TRY_VOID(check_part(parts.resource, "resource", "type", "id", searched == Searched::resources));
  if (parts.context && !parts.context->is_object()) return wrong("context", "", "not an object");
  return {};
}

struct PlaceIn {
  const AuthzenParts::Member* part;
  std::string_view member;  // empty: a property of `name`
};

PlaceIn place_in(const AuthzenParts& parts, Place::Of of) {
  switch (of) {
    case Place::Of::subject_type: return {&parts.subject, "type"};
    case Place::Of::subject_id: return {&parts.subject, "id"};
    case Place::Of::subject_property: return {&parts.subject, ""};
    case Place::Of::resource_type: return {&parts.resource, "type"};
    case Place::Of::resource_id: return {&parts.resource, "id"};
    case Place::Of::resource_property: return {&parts.resource, ""};
    case Place::Of::action_name: return {&parts.action, "name"};
    case Place::Of::action_property: return {&parts.action, ""};
    case Place::Of::context:
    case Place::Of::fixed: break;
  }
  return {&parts.context, ""};
}

AuthzenParts::Member find(const AuthzenParts& parts, const Place& place) {
  const PlaceIn in = place_in(parts, place.of);
  dom::object object;
  if (!*in.part || (*in.part)->get(object) != simdjson::SUCCESS) return std::nullopt;
  if (!in.member.empty()) return member_of(object, in.member);
  if (place.of == Place::Of::context) return member_of(object, place.name);
  const auto properties = member_of(object, "properties");
  if (!properties || properties->get(object) != simdjson::SUCCESS) return std::nullopt;
  return member_of(object, place.name);
}

enum class Need : std::uint8_t { required, optional };

Result<std::string_view> take(const AuthzenParts& parts, const Place& place, Need need) {
  if (place.of == Place::Of::fixed) return std::string_view(place.name);
  const auto found = find(parts, place);
  if (!found && need == Need::optional) return std::string_view();
  if (!found) return wrong(to_string(place), "", "missing");
  std::string_view text;
  if (found->get(text) != simdjson::SUCCESS) return wrong(to_string(place), "", "not a string");
  if (text.empty() && need == Need::optional) return text;
  // "allow" would be a wrong answer to a name that no order could have.
  if (!model::is_valid_id(text)) {
    return wrong(to_string(place), "", "not 1 to 256 bytes without control characters");
  }
  return text;
}

}  // namespace

AuthzenReader::AuthzenReader() {
  // The capacity grows with what comes; the depth does not.
  [[maybe_unused]] const auto error = parser_.allocate(4'096, kAuthzenDepthMax);
}

Result<dom::object> AuthzenReader::read(std::string_view body) {
  if (body.empty()) return fail(Errc::invalid_input, "the body is empty");
  dom::element document;
  switch (parser_.parse(body.data(), body.size()).get(document)) {
    case simdjson::SUCCESS: break;
    case simdjson::DEPTH_ERROR: return fail(Errc::invalid_input, "the body is nested too deeply");
    case simdjson::UTF8_ERROR: return fail(Errc::invalid_input, "the body is not UTF-8");
    default: return fail(Errc::invalid_input, "the body is not JSON");
  }
  dom::object object;
  if (document.get(object) != simdjson::SUCCESS) {
    return fail(Errc::invalid_input, "the body is not a JSON object");
  }
  if (has_name_twice_within(document)) {
    return fail(Errc::invalid_input, "the body has an object with one name twice");
  }
  return object;
}

AuthzenParts AuthzenParts::of(dom::object object) {
  AuthzenParts out;
  for (const dom::key_value_pair member : object) {
    if (member.key == "subject") out.subject = member.value;
    if (member.key == "action") out.action = member.value;
    if (member.key == "resource") out.resource = member.value;
    if (member.key == "context") out.context = member.value;
  }
  return out;
}

AuthzenParts AuthzenParts::with(const AuthzenParts& item) const {
  return {.subject = item.subject ? item.subject : subject,
          .action = item.action ? item.action : action,
          .resource = item.resource ? item.resource : resource,
          .context = item.context ? item.context : context};
}

Result<gates::Request> to_request(const AuthzenParts& parts, const AuthzenMapping& mapping,
                                  Searched searched) {
  TRY_VOID(check_parts(parts, searched));
  gates::Request out;
  if (searched != Searched::subjects) {
    out.subscription = TRY(take(parts, mapping.subscription, Need::required));
  }
  if (searched != Searched::resources) {
    out.service = TRY(take(parts, mapping.service, Need::required));
  }
  if (searched != Searched::actions) {
    out.operation = TRY(take(parts, mapping.operation, Need::required));
  }
  out.region = TRY(take(parts, mapping.region, Need::optional));
  out.resource = TRY(take(parts, mapping.resource, Need::optional));
  return out;
}

std::optional<std::string_view> text_member(dom::object object, std::string_view name) {
  std::string_view out;
  if (object.at_key(name).get(out) != simdjson::SUCCESS) return std::nullopt;
  return out;
}

}  // namespace proviso::gate_daemon
