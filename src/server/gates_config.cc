// SPDX-License-Identifier: Apache-2.0
#include "server/gates_config.h"

#include "server/toml_settings.h"

namespace proviso::server {
namespace {

Result<void> take_renew(const std::string& name, const toml::node& node,
                        std::chrono::seconds& out) {
  const auto value = node.value_exact<std::int64_t>();
  if (!value || *value < 10 || *value > 3600) {
    return fault_at(name, node.source(), "gates.renew_seconds must be 10 to 3600");
  }
  out = std::chrono::seconds{*value};
  return {};
}

Result<void> take_flag(const std::string& name, const toml::node& node, bool& out) {
  const auto value = node.value_exact<bool>();
  if (!value) return fault_at(name, node.source(), "must be true or false");
  out = *value;
  return {};
}

}  // namespace

Result<GatesConfig> parse_gates_config(const std::string& name, const std::string& text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return fault_at(name, parsed.error().source(), parsed.error().description());
  GatesConfig out;
  const toml::node* section = parsed.table().get("gates");
  if (section == nullptr) return out;
  const toml::table* members = section->as_table();
  if (members == nullptr) return fault_at(name, section->source(), "gates must be a section");
  for (const auto& [key, node] : *members) {
    if (key == "keys") {
      TRY_VOID(take_text(name, node, out.keys));
    } else if (key == "renew_seconds") {
      TRY_VOID(take_renew(name, node, out.renew));
    } else if (key == "wait_for_witnesses") {
      TRY_VOID(take_flag(name, node, out.wait_for_witnesses));
    } else {
      return unknown_setting(name, node.source());
    }
  }
  return out;
}

Result<GatesPlaces> gates_places(FileSystem& fs, const FolderPaths& paths) {
  if (!fs.exists(paths.config())) return fail(Errc::not_found, paths.root + ": not a data folder");
  const std::string text = TRY(fs.read(paths.config(), 1U << 20U));
  const auto config = TRY(parse_gates_config(paths.config(), text));
  const bool is_absolute = config.keys.starts_with('/');
  return GatesPlaces{is_absolute ? config.keys : paths.root + "/" + config.keys, paths.gates(),
                     config.renew};
}

std::string default_gates_section() {
  return "[gates]\n"
         "# The gates that `proviso serve` brings orders to: the key of each on a line, as\n"
         "# `proviso gate identity` prints it; '#' begins a comment. Relative to this folder. A\n"
         "# file that is not there names none.\n"
         "keys = \"gates.keys\"\n"
         "# What gates have is renewed when it is so old.\n"
         "renew_seconds = 300\n"
         "# Where there are witnesses: gates get an order once enough of them cosigned its entry.\n"
         "wait_for_witnesses = true\n";
}

}  // namespace proviso::server
