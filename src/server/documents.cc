// SPDX-License-Identifier: Apache-2.0
#include "server/documents.h"

#include "decisions/order_store.h"

namespace proviso::server {
namespace {

constexpr std::uint64_t kDocumentMax = 16U << 20U;

Result<void> expect(const Digest& found, const Digest& in_force, const std::string& path,
                    std::string_view kind) {
  if (found == in_force) return {};
  return fail(Errc::conflict, path + ":1:1: is not the " + std::string(kind) +
                                  " in force, I1 (put that one back, or propose this one with: "
                                  "proviso change propose " +
                                  std::string(kind) + ")");
}

Result<void> check_file(const std::string& path, const Digest& in_force, std::string_view kind) {
  const std::string text = TRY(real_file_system().read(path, kDocumentMax));
  const auto document = parse_json(text);
  if (!document) return fail(document.error().code, path + ":" + document.error().message);
  return expect(sha256(canonical_json(*document)), in_force, path, kind);
}

}  // namespace

Result<void> check_documents(DataFolder& folder) {
  const FolderPaths& paths = folder.paths();
  const model::Governance governance = TRY(decisions::read_governance(folder.record().database()));
  const model::Documents& in_force = governance.documents();
  const Digest rulebook = TRY(folder_digest(paths.rulebook(), ".yml"));
  TRY_VOID(expect(rulebook, in_force.rulebook, paths.rulebook(), "rulebook"));
  const Digest field_policy = TRY(folder_digest(paths.field_policy(), ".json"));
  TRY_VOID(expect(field_policy, in_force.field_policy, paths.field_policy(), "field-policy"));
  TRY_VOID(check_file(paths.catalogue(), in_force.catalogue, "catalogue"));
  return check_file(paths.terms(), in_force.terms, "terms");
}

Result<std::vector<std::string>> rulebook_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const std::string& name : TRY(real_file_system().list(folder))) {
    if (name.ends_with(".yml")) files.push_back(folder + "/" + name);
  }
  return files;
}

}  // namespace proviso::server
