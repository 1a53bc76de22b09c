// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/authzen.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "gate_daemon/authzen_answer.h"

namespace proviso::gate_daemon {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kEvaluation = "/access/v1/evaluation";
constexpr std::string_view kEvaluations = "/access/v1/evaluations";
constexpr std::string_view kSubjects = "/access/v1/search/subject";
constexpr std::string_view kResources = "/access/v1/search/resource";
constexpr std::string_view kActions = "/access/v1/search/action";
constexpr std::string_view kWellKnown = "/.well-known/authzen-configuration";
constexpr std::string_view kHttps = "https://";
constexpr std::string_view kJson = "application/json";

// "application/json", with parameters or without.
bool is_json(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return same_name(type, kJson);
}

std::string_view path_of_url(std::string_view url) {
  const std::size_t slash = url.find('/', kHttps.size());
  return slash == std::string_view::npos ? std::string_view() : url.substr(slash);
}

enum class Semantic : std::uint8_t { execute_all, deny_on_first_deny, permit_on_first_permit };

Result<Semantic> semantic_of(dom::object body) {
  dom::element options;
  if (body.at_key("options").get(options) != simdjson::SUCCESS) return Semantic::execute_all;
  dom::object object;
  if (options.get(object) != simdjson::SUCCESS) {
    return fail(Errc::invalid_input, "options: not an object");
  }
  dom::element semantic;
  if (object.at_key("evaluations_semantic").get(semantic) != simdjson::SUCCESS) {
    return Semantic::execute_all;
  }
  std::string_view name;
  if (semantic.get(name) == simdjson::SUCCESS) {
    if (name == "execute_all") return Semantic::execute_all;
    if (name == "deny_on_first_deny") return Semantic::deny_on_first_deny;
    if (name == "permit_on_first_permit") return Semantic::permit_on_first_permit;
  }
  return fail(Errc::invalid_input,
              "options.evaluations_semantic: none of execute_all, deny_on_first_deny, "
              "permit_on_first_permit");
}

// The defaults of a batch may be incomplete, but not of another type.
Result<void> check_defaults(const AuthzenParts& parts) {
  for (const auto& [name, part] :
       {std::pair("subject", &parts.subject), std::pair("action", &parts.action),
        std::pair("resource", &parts.resource), std::pair("context", &parts.context)}) {
    if (*part && !(*part)->is_object()) {
      return fail(Errc::invalid_input, std::string(name) + ": not an object");
    }
  }
  return {};
}

}  // namespace

Result<void> AuthzenSettings::check() const {
  if (base_url.empty()) return {};
  const bool plain =
      std::ranges::all_of(base_url, [](char c) { return c > ' ' && c <= '~' && c != '"'; });
  if (!plain || !base_url.starts_with(kHttps) || base_url.size() == kHttps.size() ||
      base_url.ends_with('/') || base_url.find_first_of("?#\\") != std::string::npos) {
    return fail(Errc::invalid_input,
                "the base URL begins with https:// and has neither a query, nor a fragment, nor a "
                "'/' at its end");
  }
  return {};
}

Authzen::Authzen(Checks& checks, const Latest<Names>& names, AuthzenSettings settings)
    : checks_(checks),
      settings_(std::move(settings)),
      base_path_(path_of_url(settings_.base_url)),
      search_(checks, names, settings_.mapping) {}

Authzen::Api Authzen::api_of(std::string_view path) const {
  if (path == kEvaluation) return &Authzen::evaluation;
  if (path == kEvaluations) return &Authzen::evaluations;
  if (path == kSubjects && search_.offers(Searched::subjects)) return &Authzen::subjects;
  if (path == kResources && search_.offers(Searched::resources)) return &Authzen::resources;
  if (path == kActions && search_.offers(Searched::actions)) return &Authzen::actions;
  return nullptr;
}

void Authzen::answer(const HttpRequest& request, HttpAnswer& answer) {
  // As the client sent it; a field's value cannot have a line end.
  if (const auto id = request.field("X-Request-ID")) {
    answer.fields.append("X-Request-ID: ").append(*id).append("\r\n");
  }
  std::string_view path = request.target.substr(0, request.target.find('?'));
  Api api = api_of(path);
  if (api == nullptr && !base_path_.empty() && path.starts_with(base_path_)) {
    api = api_of(path.substr(base_path_.size()));
  }
  if (api != nullptr && request.method == "POST") return post(api, request, answer);
  if (api != nullptr) {
    answer.add_field("Allow", "POST");
    return answer.set_text(405, "this is asked with POST");
  }
  if (path.starts_with(kWellKnown) && path.substr(kWellKnown.size()) == base_path_) {
    if (settings_.base_url.empty()) {
      return answer.set_text(404, "no metadata: the gate was started without --base-url");
    }
    if (request.method == "GET") return metadata(answer);
    answer.add_field("Allow", "GET");
    return answer.set_text(405, "this is asked with GET");
  }
  answer.set_text(404, "there is no such endpoint");
}

void Authzen::post(Api api, const HttpRequest& request, HttpAnswer& answer) {
  const auto type = request.field("Content-Type");
  if (!type || !is_json(*type)) {
    return answer.set_text(400, "the Content-Type must be application/json");
  }
  const auto body = reader_.read(request.body);
  if (!body) return answer.set_text(400, body.error().message);
  const Result<void> done = (this->*api)(*body, answer.body);
  if (!done) return answer.set_text(400, done.error().message);
  answer.type = kJson;
}

Result<void> Authzen::evaluation(dom::object body, std::string& out) {
  const gates::Request request = TRY(to_request(AuthzenParts::of(body), settings_.mapping));
  append_decision(checks_.ask(request), checks_, out);
  return {};
}

bool Authzen::evaluate_item(const AuthzenParts& defaults, dom::element item, std::string& out) {
  dom::object object;
  if (item.get(object) != simdjson::SUCCESS) {
    append_item_error("not an object", out);
    return false;
  }
  const auto request = to_request(defaults.with(AuthzenParts::of(object)), settings_.mapping);
  if (!request) {
    append_item_error(request.error().message, out);
    return false;
  }
  const gates::Answer answer = checks_.ask(*request);
  append_decision(answer, checks_, out);
  return !answer.refused();
}

Result<void> Authzen::evaluations(dom::object body, std::string& out) {
  dom::element member;
  if (body.at_key("evaluations").get(member) != simdjson::SUCCESS) return evaluation(body, out);
  dom::array items;
  if (member.get(items) != simdjson::SUCCESS) {
    return fail(Errc::invalid_input, "evaluations: not an array");
  }
  if (items.size() == 0) return evaluation(body, out);
  if (items.size() > settings_.evaluations_max) {
    return fail(
        Errc::invalid_input,
        "evaluations: more than " + std::to_string(settings_.evaluations_max) + " in one request");
  }
  const Semantic semantic = TRY(semantic_of(body));
  const AuthzenParts defaults = AuthzenParts::of(body);
  TRY_VOID(check_defaults(defaults));
  out.append(R"({"evaluations":[)");
  const char* separator = "";
  for (const dom::element item : items) {
    out.append(std::exchange(separator, ","));
    const bool permitted = evaluate_item(defaults, item, out);
    if (semantic == Semantic::deny_on_first_deny && !permitted) break;
    if (semantic == Semantic::permit_on_first_permit && permitted) break;
  }
  out.append("]}");
  return {};
}

Result<void> Authzen::subjects(dom::object body, std::string& out) {
  return search_.subjects(body, out);
}
Result<void> Authzen::resources(dom::object body, std::string& out) {
  return search_.resources(body, out);
}
Result<void> Authzen::actions(dom::object body, std::string& out) {
  return search_.actions(body, out);
}

void Authzen::metadata(HttpAnswer& answer) const {
  const auto url = [&](std::string_view path) { return settings_.base_url + std::string(path); };
  Json::Object out{{"policy_decision_point", settings_.base_url},
                   {"access_evaluation_endpoint", url(kEvaluation)},
                   {"access_evaluations_endpoint", url(kEvaluations)}};
  if (search_.offers(Searched::subjects)) out.emplace("search_subject_endpoint", url(kSubjects));
  if (search_.offers(Searched::resources)) out.emplace("search_resource_endpoint", url(kResources));
  if (search_.offers(Searched::actions)) out.emplace("search_action_endpoint", url(kActions));
  answer.add_field("Cache-Control", "max-age=300");
  answer.body = canonical_json(std::move(out));
  answer.type = kJson;
}

}  // namespace proviso::gate_daemon
