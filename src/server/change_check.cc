// SPDX-License-Identifier: Apache-2.0
#include "server/change_check.h"

#include "base/json_place.h"
#include "decisions/order_store.h"
#include "server/documents.h"
#include "server/rulebook.h"

namespace proviso::server {
namespace {

using intake::FieldPolicies;

constexpr std::uint64_t kDocumentMax = 16U << 20U;

// A JSON document with the text that it came from, for the places of its errors.
struct Source {
  std::string path;
  std::string text;
  Json json;

  static Result<Source> read(const std::string& path) {
    Source source{path, TRY(real_file_system().read(path, kDocumentMax)), {}};
    auto json = parse_json(source.text);
    if (!json) return fail(json.error().code, path + ":" + json.error().message);
    source.json = std::move(*json);
    return source;
  }
  [[nodiscard]] std::unexpected<Error> wrong(std::string_view root, const Error& error) const {
    return fail_in_document(path, text, root, error);
  }
};

Result<model::Terms> parse_terms(const Source& source) {
  auto terms = model::Terms::parse(source.json);
  if (!terms) return source.wrong("terms.", terms.error());
  return terms;
}

Result<void> check_catalogue(const Source& source) {
  const auto catalogue = model::Catalogue::parse(source.json);
  if (!catalogue) return source.wrong("catalogue.", catalogue.error());
  return {};
}

void add_rulebook_problems(const std::string& folder, const std::vector<std::string>& files,
                           const FieldPolicies& policies, const model::Terms& terms,
                           std::vector<std::string>& problems) {
  const rules::Loaded loaded = load_rulebook(files, policies, &terms);
  for (const rules::Diagnostic& d : loaded.diagnostics.all()) problems.push_back(d.to_string());
  if (loaded.diagnostics.ok() && (!loaded.program || loaded.rules == 0)) {
    problems.push_back(folder + ":1:1: the rulebook has no rules (write them as *.yml)");
  }
}

Result<void> check_rulebook(const std::string& folder, const FieldPolicies& policies,
                            const model::Terms& terms, std::vector<std::string>& problems) {
  const auto names = TRY(real_file_system().list(folder));
  for (const std::string& name : names) {
    if (!name.ends_with(".yaml")) continue;
    problems.push_back(folder + "/" + name +
                       ":1:1: would not be in force: a rulebook is made of *.yml (rename it)");
  }
  const auto files = TRY(rulebook_files(folder));
  add_rulebook_problems(folder, files, policies, terms, problems);
  return {};
}

// Each file on its own, so that all that are wrong are told.
Result<void> find_broken_policies(const std::string& folder, std::vector<std::string>& problems) {
  FileSystem& fs = real_file_system();
  const auto names = TRY(fs.list(folder));
  for (const std::string& name : names) {
    if (!name.ends_with(".json")) continue;
    const std::string text = TRY(fs.read(folder + "/" + name, kDocumentMax));
    const auto policy = intake::parse_field_policy(folder + "/" + name, text);
    if (!policy) problems.push_back(policy.error().message);
  }
  return {};
}

// A term whose words change is another term: cases and orders name the version.
void check_versions(const Source& source, const model::Terms& now, const model::Terms& next,
                    std::vector<std::string>& problems) {
  const auto& items = *source.json.find("terms")->if_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const model::Term& term = next.all()[i];
    const model::Term* before = now.find(term.id.value);
    if (before == nullptr) continue;
    const auto& old_items = *now.document().find("terms")->if_array();
    const Json& old_item = old_items[static_cast<std::size_t>(before - now.all().data())];
    const bool same = old_item == items[i];
    if (same || term.version > before->version) continue;
    problems.push_back(source.path + ":" +
                       json_place(source.text, "terms[" + std::to_string(i) + "].version") +
                       ": the term differs from the one in force, so its version must be above " +
                       std::to_string(before->version));
  }
}

// What a proposed document must fit: checked to be what people put in force.
Result<void> require_in_force(const Digest& found, const Digest& in_force, const std::string& path,
                              std::string_view kind) {
  if (found == in_force) return {};
  return fail(Errc::conflict, path + ":1:1: is not the " + std::string(kind) +
                                  " in force, against which this is checked (put that one back "
                                  "until the order for it is in force)");
}

Result<FieldPolicies> policies_in_force(DataFolder& folder, const model::Documents& in_force) {
  const std::string path = folder.paths().field_policy();
  const Digest digest = TRY(folder_digest(path, ".json"));
  TRY_VOID(require_in_force(digest, in_force.field_policy, path, "field-policy"));
  return intake::load_field_policies(real_file_system(), path);
}

Result<std::vector<std::string>> rulebook_in_force(DataFolder& folder,
                                                   const model::Documents& in_force) {
  const std::string path = folder.paths().rulebook();
  const Digest digest = TRY(folder_digest(path, ".yml"));
  TRY_VOID(require_in_force(digest, in_force.rulebook, path, "rulebook"));
  return rulebook_files(path);
}

Result<CheckedDocument> check_new_rulebook(DataFolder& folder, const model::Documents& in_force,
                                           const std::string& path) {
  CheckedDocument out;
  const FieldPolicies policies = TRY(policies_in_force(folder, in_force));
  TRY_VOID(check_rulebook(path, policies, folder.terms(), out.problems));
  out.digest = TRY(folder_digest(path, ".yml"));
  return out;
}

Result<CheckedDocument> check_new_policy(DataFolder& folder, const model::Documents& in_force,
                                         const std::string& path) {
  CheckedDocument out;
  const auto files = TRY(rulebook_in_force(folder, in_force));
  TRY_VOID(find_broken_policies(path, out.problems));
  if (!out.problems.empty()) return out;
  const FieldPolicies policies = TRY(intake::load_field_policies(real_file_system(), path));
  add_rulebook_problems(folder.paths().rulebook(), files, policies, folder.terms(), out.problems);
  out.digest = TRY(folder_digest(path, ".json"));
  return out;
}

Result<CheckedDocument> check_new_terms(DataFolder& folder, const model::Documents& in_force,
                                        const std::string& path) {
  CheckedDocument out;
  const auto files = TRY(rulebook_in_force(folder, in_force));
  const FieldPolicies policies = TRY(policies_in_force(folder, in_force));
  const Source source = TRY(Source::read(path));
  const model::Terms terms = TRY(parse_terms(source));
  check_versions(source, folder.terms(), terms, out.problems);
  add_rulebook_problems(folder.paths().rulebook(), files, policies, terms, out.problems);
  out.document = canonical_json(source.json);
  out.digest = sha256(out.document);
  return out;
}

Result<CheckedDocument> check_new_catalogue(const std::string& path) {
  CheckedDocument out;
  const Source source = TRY(Source::read(path));
  TRY_VOID(check_catalogue(source));
  out.document = canonical_json(source.json);
  out.digest = sha256(out.document);
  return out;
}

}  // namespace

Result<CheckedDocument> check_change(DataFolder& folder, model::OrderKind kind,
                                     const std::string& path) {
  const model::Governance governance = TRY(decisions::read_governance(folder.record().database()));
  const model::Documents& in_force = governance.documents();
  switch (kind) {
    case model::OrderKind::rulebook: return check_new_rulebook(folder, in_force, path);
    case model::OrderKind::field_policy: return check_new_policy(folder, in_force, path);
    case model::OrderKind::terms: return check_new_terms(folder, in_force, path);
    case model::OrderKind::catalogue: return check_new_catalogue(path);
    default: return fail(Errc::invalid_input, "not a document of the folder");
  }
}

Result<void> check_founding_documents(const FolderPaths& paths) {
  const Source catalogue = TRY(Source::read(paths.catalogue()));
  TRY_VOID(check_catalogue(catalogue));
  const Source source = TRY(Source::read(paths.terms()));
  const model::Terms terms = TRY(parse_terms(source));
  const auto policies = TRY(intake::load_field_policies(real_file_system(), paths.field_policy()));
  std::vector<std::string> problems;
  TRY_VOID(check_rulebook(paths.rulebook(), policies, terms, problems));
  if (problems.empty()) return {};
  return fail(Errc::invalid_input, problems.front());
}

}  // namespace proviso::server
