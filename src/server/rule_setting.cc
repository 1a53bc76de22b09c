// SPDX-License-Identifier: Apache-2.0
#include "server/rule_setting.h"

#include "base/embedded.h"
#include "server/rulebook.h"

namespace proviso::server {

namespace shipped_field_policy {
extern const std::span<const EmbeddedFile> kFiles;
}
namespace shipped_defaults {
extern const std::span<const EmbeddedFile> kFiles;
}

namespace {

constexpr std::uint64_t kFileMax = 64U << 20U;
constexpr std::size_t kLineMax = 65'536;

Result<Json> parse_document(const std::string& name, std::string_view text) {
  auto document = parse_json(text);
  if (!document) return fail(document.error().code, name + ":" + document.error().message);
  return document;
}

Result<void> read_documents(RuleSetting& setting, const std::string& name, std::string_view text) {
  const Json document = TRY(parse_document(name, text));
  if (name.ends_with("catalogue.json")) {
    setting.catalogue = TRY(model::Catalogue::parse(document));
  } else if (name.ends_with("terms.json")) {
    setting.terms = TRY(model::Terms::parse(document));
  }
  return {};
}

}  // namespace

Result<RuleSetting> shipped_setting() {
  RuleSetting setting;
  for (const EmbeddedFile& file : shipped_field_policy::kFiles) {
    auto policy = TRY(intake::parse_field_policy(file.name, file.content));
    TRY_VOID(setting.policies.add(std::move(policy)));
  }
  for (const EmbeddedFile& file : shipped_defaults::kFiles) {
    TRY_VOID(read_documents(setting, std::string(file.name), file.content));
  }
  return setting;
}

Result<RuleSetting> folder_setting(const FolderPaths& paths) {
  FileSystem& fs = real_file_system();
  RuleSetting setting;
  setting.policies = TRY(intake::load_field_policies(fs, paths.field_policy()));
  for (const std::string& path : {paths.catalogue(), paths.terms()}) {
    const std::string text = TRY(fs.read(path, kFileMax));
    TRY_VOID(read_documents(setting, path, text));
  }
  const std::string text = TRY(fs.read(paths.config(), kFileMax));
  const Config config = TRY(parse_config(paths.config(), text));
  setting.lateness = std::chrono::minutes(config.lateness_max());
  return setting;
}

Result<RuleSetting> setting_for(const std::string& dir) {
  return dir.empty() ? shipped_setting() : folder_setting(FolderPaths{dir});
}

namespace {

Result<std::shared_ptr<const rules::Program>> program_of(rules::Loaded loaded) {
  if (loaded.program) return std::move(loaded.program);
  const auto& faults = loaded.diagnostics.all();
  return fail(Errc::invalid_input,
              faults.empty() ? "no rule there (name rule files and folders)"
                             : faults.front().to_string() +
                                   (faults.size() == 1 ? "" : " (and more: proviso rules check)"));
}

}  // namespace

Result<std::shared_ptr<const rules::Program>> load_program(const std::vector<std::string>& paths,
                                                           const RuleSetting& setting) {
  return program_of(load_rulebook(paths, setting.policies, &setting.terms));
}

Result<std::shared_ptr<const rules::Program>> load_program(std::vector<rules::RuleSource> sources,
                                                           const RuleSetting& setting) {
  const rules::RulebookPolicy policy = rulebook_policy(setting.policies, &setting.terms);
  return program_of(rules::compile_rules(std::move(sources), &policy));
}

Result<std::vector<JsonLine>> read_json_lines(const std::string& path) {
  const std::string whole = TRY(real_file_system().read(path, kFileMax));
  std::vector<JsonLine> lines;
  std::string_view text = whole;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto value = parse_json(line, {.bytes_max = kLineMax, .depth_max = 8});
    if (!value) {
      // The parser counts from line 1 of its text; here that is this line.
      const std::string& message = value.error().message;
      return fail(Errc::invalid_input,
                  path + ":" + std::to_string(number) + message.substr(message.find(':')));
    }
    lines.push_back({number, std::move(*value)});
  }
  return lines;
}

Result<model::Register> read_register_file(const std::string& path) {
  model::Register reg;
  for (const JsonLine& line : TRY(read_json_lines(path))) {
    const auto added = reg.add(line.value);
    if (!added) return fail_in(path + ":" + std::to_string(line.number) + ":1", added.error());
  }
  const auto complete = reg.finish();
  if (!complete) return fail_in(path, complete.error());
  return reg;
}

}  // namespace proviso::server
