// SPDX-License-Identifier: Apache-2.0
#include "server/kept_documents.h"

#include "decisions/order_store.h"
#include "server/documents.h"
#include "server/founding.h"

namespace proviso::server {
namespace {

constexpr std::uint64_t kFileMax = 16U << 20U;
constexpr std::size_t kDigestDigits = 64;

Result<bool> is_kept(cases::Database& database, const Digest& digest) {
  const auto rows =
      TRY(database.query("SELECT digest FROM documents WHERE digest=:p0", {digest.hex()}));
  return !rows.empty();
}

// The folder's document is the text that its digest is of (folder_digest): a line "SHA256 NAME" for
// each file. A file that changed since the digest was checked is not taken for what it was.
Result<void> keep_folder(DataFolder& folder, const std::string& path, std::string_view ending,
                         std::string_view kind) {
  FileSystem& fs = real_file_system();
  const Digest digest = TRY(folder_digest(path, ending));
  cases::Database& database = folder.record().database();
  if (TRY(is_kept(database, digest))) return {};
  std::string lines;
  std::vector<std::string> contents;
  for (const std::string& name : TRY(fs.list(path))) {
    if (!name.ends_with(ending)) continue;
    contents.push_back(TRY(fs.read(path + "/" + name, kFileMax)));
    lines += sha256(contents.back()).hex() + " " + name + "\n";
  }
  if (sha256(lines) != digest) {
    return fail(Errc::conflict, path + ": changed while it was read (run it again)");
  }
  const auto body = [&]() -> Result<void> {
    for (const std::string& content : contents) {
      TRY_VOID(decisions::store_document(database, "file", content, sha256(content)));
    }
    return decisions::store_document(database, kind, lines, digest);
  };
  return folder.record().change(body);
}

}  // namespace

Result<void> keep_documents(DataFolder& folder) {
  const FolderPaths& paths = folder.paths();
  TRY_VOID(keep_folder(folder, paths.rulebook(), ".yml", "rulebook"));
  return keep_folder(folder, paths.field_policy(), ".json", "field-policy");
}

Result<std::vector<KeptFile>> kept_folder(DataFolder& folder, const Digest& digest) {
  cases::Database& database = folder.record().database();
  if (!TRY(is_kept(database, digest))) {
    return fail(Errc::not_found, "the store has no document " + digest.hex());
  }
  const std::string lines = TRY(decisions::read_document(database, digest));
  std::vector<KeptFile> files;
  std::string_view rest = lines;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos || end < kDigestDigits + 2) {
      return fail(Errc::corrupt, "store: " + digest.hex() + " is no list of files");
    }
    const Digest content = TRY(Digest::from_hex(rest.substr(0, kDigestDigits)));
    files.push_back({.name = std::string(rest.substr(kDigestDigits + 1, end - kDigestDigits - 1)),
                     .content = TRY(decisions::read_document(database, content))});
    rest.remove_prefix(end + 1);
  }
  return files;
}

Result<std::vector<rules::RuleSource>> rulebook_in_force(DataFolder& folder) {
  if (!is_sealed(folder)) return std::vector<rules::RuleSource>();
  cases::Database& database = folder.record().database();
  const model::Governance governance = TRY(decisions::read_governance(database));
  const Digest digest = governance.documents().rulebook;
  const std::string path = folder.paths().rulebook();
  std::vector<rules::RuleSource> sources;
  if (TRY(is_kept(database, digest))) {
    for (KeptFile& file : TRY(kept_folder(folder, digest))) {
      sources.push_back({.name = path + "/" + file.name, .text = std::move(file.content)});
    }
    return sources;
  }
  if (TRY(folder_digest(path, ".yml")) != digest) {
    return fail(Errc::conflict,
                path + ":1:1: is not the rulebook in force, I1 (put that one back)");
  }
  for (const std::string& file : TRY(rulebook_files(path))) {
    sources.push_back({.name = file, .text = TRY(real_file_system().read(file, kFileMax))});
  }
  return sources;
}

}  // namespace proviso::server
