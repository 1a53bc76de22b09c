// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/authzen_search.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "gate_daemon/authzen_answer.h"

namespace proviso::gate_daemon {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kTagDigits = 16;  // of a token: which request it belongs to

Time time_of(std::int64_t seconds) { return from_unix_seconds(seconds); }

// A token is good for the request that it was given to, with other pages: all else must be the
// same.
std::string tag_of(const gates::Request& request, Searched searched) {
  std::string text = std::to_string(static_cast<int>(searched));
  for (const std::string_view part : {request.subscription, request.service, request.operation,
                                      request.region, request.resource}) {
    text.append("\n").append(part);  // no part has a line feed
  }
  return sha256(text).hex().substr(0, kTagDigits);
}

}  // namespace

// What of the candidates, which are sorted, is asked for; and what was found.
struct AuthzenSearch::Page {
  bool asked = false;
  std::size_t limit = kResultsMax;
  std::string after;  // the last candidate that an earlier page looked at
  std::string tag;
  std::string results;  // JSON, without brackets
  std::size_t count = 0;
  std::size_t looked_at = 0;
  std::string last;
  bool has_more = false;

  // False: the page is full. `write` appends the result.
  template <class Write>
  bool offer(std::string_view candidate, const Check& check, Write write) {
    if (count == limit || looked_at == kChecksMax) {
      has_more = true;
      return false;
    }
    ++looked_at;
    last = candidate;
    if (!check(candidate)) return true;
    if (count++ > 0) results.append(",");
    write(candidate, results);
    return true;
  }

  void append_to(std::string& out) const {
    out.append("{");
    if (asked || has_more) {
      out.append(R"("page":{"count":)").append(std::to_string(count)).append(R"(,"next_token":")");
      if (has_more) out.append(tag).append(hex_encode(last));
      out.append(R"("},)");
    }
    out.append(R"("results":[)").append(results).append("]}");
  }
};

AuthzenSearch::AuthzenSearch(const Checks& checks, const Latest<Names>& names,
                             const AuthzenMapping& mapping)
    : checks_(checks), names_(names), mapping_(mapping) {}

bool AuthzenSearch::offers(Searched searched) const {
  switch (searched) {
    case Searched::subjects: return mapping_.subscription.of == Place::Of::subject_id;
    case Searched::resources: return mapping_.service.of == Place::Of::resource_id;
    case Searched::actions: return mapping_.operation.of == Place::Of::action_name;
    case Searched::nothing: break;
  }
  return false;
}

bool AuthzenSearch::types_fit(const AuthzenParts& parts) const {
  const auto is = [](const AuthzenParts::Member& part, std::string_view type) {
    dom::object object;
    return part && part->get(object) == simdjson::SUCCESS && text_member(object, "type") == type;
  };
  return is(parts.subject, mapping_.subject_type) && is(parts.resource, mapping_.resource_type);
}

AuthzenSearch::Check AuthzenSearch::allows(const gates::Request& request, Searched searched) const {
  return [this, request, searched](std::string_view candidate) {
    gates::Request asked = request;
    if (searched == Searched::subjects) asked.subscription = candidate;
    if (searched == Searched::resources) asked.service = candidate;
    if (searched == Searched::actions) asked.operation = candidate;
    return !checks_.gate().look(asked).refused();
  };
}

Result<AuthzenSearch::Page> AuthzenSearch::page_of(dom::object body, const gates::Request& request,
                                                   Searched searched) const {
  Page page;
  page.tag = tag_of(request, searched);
  dom::element member;
  if (body.at_key("page").get(member) != simdjson::SUCCESS) return page;
  dom::object object;
  if (member.get(object) != simdjson::SUCCESS) {
    return fail(Errc::invalid_input, "page: not an object");
  }
  page.asked = true;
  if (dom::element limit; object.at_key("limit").get(limit) == simdjson::SUCCESS) {
    std::int64_t wanted = 0;
    if (limit.get(wanted) != simdjson::SUCCESS || wanted < 1) {
      return fail(Errc::invalid_input, "page.limit: not a whole number from 1");
    }
    page.limit = static_cast<std::size_t>(
        std::min<std::int64_t>(wanted, static_cast<std::int64_t>(kResultsMax)));
  }
  if (dom::element token; object.at_key("token").get(token) == simdjson::SUCCESS) {
    std::string_view text;
    if (token.get(text) != simdjson::SUCCESS) {
      return fail(Errc::invalid_input, "page.token: not a string");
    }
    if (text.empty()) return page;
    auto after = hex_decode(text.substr(std::min(kTagDigits, text.size())));
    if (!text.starts_with(page.tag) || !after) {
      return fail(Errc::invalid_input, "page.token: not of an answer to this request");
    }
    page.after = *std::move(after);
  }
  return page;
}

Result<void> AuthzenSearch::subjects(dom::object body, std::string& out) const {
  const AuthzenParts parts = AuthzenParts::of(body);
  const auto request = TRY(to_request(parts, mapping_, Searched::subjects));
  Page page = TRY(page_of(body, request, Searched::subjects));
  const auto names = names_.get();
  const Time now = time_of(checks_.now());
  const auto write = [this](std::string_view id, std::string& into) {
    into.append(R"({"id":)");
    append_json_string(id, into);
    into.append(R"(,"type":)");
    append_json_string(mapping_.subject_type, into);
    into.append("}");
  };
  const auto check = allows(request, Searched::subjects);
  if (types_fit(parts)) {
    const auto& all = names->subscriptions();
    for (auto at = std::ranges::upper_bound(all, page.after, {}, &Names::Subscription::id);
         at != all.end(); ++at) {
      if (!at->named_at(now) || at->id == page.last) continue;
      if (!page.offer(at->id, check, write)) break;
    }
  }
  page.append_to(out);
  return {};
}

Result<void> AuthzenSearch::resources(dom::object body, std::string& out) const {
  const AuthzenParts parts = AuthzenParts::of(body);
  const auto request = TRY(to_request(parts, mapping_, Searched::resources));
  Page page = TRY(page_of(body, request, Searched::resources));
  const auto names = names_.get();
  const auto write = [this](std::string_view id, std::string& into) {
    into.append(R"({"id":)");
    append_json_string(id, into);
    into.append(R"(,"type":)");
    append_json_string(mapping_.resource_type, into);
    into.append("}");
  };
  const auto check = allows(request, Searched::resources);
  if (types_fit(parts) && names->knows(request.subscription, time_of(checks_.now()))) {
    for (const Names::Service& service : names->services()) {
      if (service.name <= page.after) continue;
      if (!page.offer(service.name, check, write)) break;
    }
  }
  page.append_to(out);
  return {};
}

Result<void> AuthzenSearch::actions(dom::object body, std::string& out) const {
  const AuthzenParts parts = AuthzenParts::of(body);
  const auto request = TRY(to_request(parts, mapping_, Searched::actions));
  Page page = TRY(page_of(body, request, Searched::actions));
  const auto names = names_.get();
  const auto write = [](std::string_view name, std::string& into) {
    into.append(R"({"name":)");
    append_json_string(name, into);
    into.append("}");
  };
  const auto check = allows(request, Searched::actions);
  const Names::Service* service = names->service(request.service);
  if (types_fit(parts) && service != nullptr &&
      names->knows(request.subscription, time_of(checks_.now()))) {
    for (const std::string& operation : service->operations) {
      if (operation <= page.after) continue;
      if (!page.offer(operation, check, write)) break;
    }
  }
  page.append_to(out);
  return {};
}

}  // namespace proviso::gate_daemon
