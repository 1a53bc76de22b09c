// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/ext_authz_config.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>

#include "base/text/format.h"

namespace proviso::gate_daemon {
namespace {

constexpr std::size_t kMetadataPathMax = 8;
constexpr std::size_t kBodyBytesMax = 4'096;

class Reading {
 public:
  Reading(const std::string& file, ExtAuthzMapping& mapping, ExtAuthzDenial& denial)
      : file_(file), mapping_(mapping), denial_(denial) {}

  Result<void> take(const toml::key& key, const toml::node& node) {
    if (key == "subscription") return take_subscription(node);
    if (key == "operation") return take_operation(node);
    if (key == "subscription_metadata") return take_path(node);
    if (key == "denied_status") return take_status(node, denial_.http_status);
    if (key == "denied_status_no_state") return take_status(node, denial_.http_status_no_state);
    if (key == "denied_body") return take_body(node);
    const std::map<std::string_view, std::string*> headers{
        {"subscription_header", &mapping_.subscription_header},
        {"operation_header", &mapping_.operation_header},
        {"resource_header", &mapping_.resource_header}};
    const std::map<std::string_view, std::string*> texts{
        {"subscription_prefix", &mapping_.subscription_prefix},
        {"service", &mapping_.service},
        {"region", &mapping_.region}};
    if (const auto header = headers.find(key.str()); header != headers.end()) {
      return take_header(node, *header->second);
    }
    const auto text = texts.find(key.str());
    if (text != texts.end()) return take_text(node, *text->second);
    return fault(key.source(), "unknown setting (docs/gate-envoy.md lists them)");
  }

  // What must go together.
  Result<void> complete(const toml::table& table) {
    if (mapping_.subscription_from == ExtAuthzMapping::Subscription::metadata &&
        mapping_.subscription_metadata.size() < 2) {
      return fault(table.source(),
                   "subscription = \"metadata\" needs subscription_metadata: the filter's "
                   "namespace, then the keys down to the value");
    }
    return {};
  }

 private:
  [[nodiscard]] std::unexpected<Error> fault(const toml::source_region& where,
                                             std::string_view what) const {
    return fail(Errc::invalid_input,
                format("{}:{}:{}: {}", file_, where.begin.line, where.begin.column, what));
  }

  Result<void> take_text(const toml::node& node, std::string& out) const {
    const auto text = node.value_exact<std::string>();
    if (!text) return fault(node.source(), "must be a text, in quotes");
    out = *text;
    return {};
  }

  // Envoy gives names of headers in lower case.
  Result<void> take_header(const toml::node& node, std::string& out) const {
    TRY_VOID(take_text(node, out));
    const auto letter = [](char& c) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    if (out.empty() || out.size() > 100 || !std::ranges::all_of(out, letter)) {
      return fault(node.source(), "no name of a header (letters, digits, hyphens)");
    }
    return {};
  }

  Result<void> take_subscription(const toml::node& node) {
    std::string text;
    TRY_VOID(take_text(node, text));
    using From = ExtAuthzMapping::Subscription;
    const std::map<std::string_view, From> known{
        {"header", From::header}, {"principal", From::principal}, {"metadata", From::metadata}};
    const auto found = known.find(text);
    if (found == known.end()) {
      return fault(node.source(), "must be \"header\", \"principal\" or \"metadata\"");
    }
    mapping_.subscription_from = found->second;
    return {};
  }

  Result<void> take_operation(const toml::node& node) {
    std::string text;
    TRY_VOID(take_text(node, text));
    using Operation = ExtAuthzMapping::Operation;
    if (text != "method" && text != "grpc-path") {
      return fault(node.source(),
                   "must be \"method\" or \"grpc-path\" (paths of other requests "
                   "name objects, which a gate may not see)");
    }
    mapping_.operation_from = text == "method" ? Operation::method : Operation::grpc_path;
    return {};
  }

  Result<void> take_path(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (list == nullptr || list->size() < 2 || list->size() > kMetadataPathMax) {
      return fault(node.source(),
                   format("must be a list of 2 to {} texts: the filter's namespace, then the keys "
                          "down to the value",
                          kMetadataPathMax));
    }
    mapping_.subscription_metadata.clear();
    for (const toml::node& each : *list) {
      std::string text;
      TRY_VOID(take_text(each, text));
      mapping_.subscription_metadata.push_back(std::move(text));
    }
    return {};
  }

  // 200 would be an answer that looks like the service's own.
  Result<void> take_status(const toml::node& node, std::uint32_t& out) const {
    const auto status = node.value_exact<std::int64_t>();
    if (!status || *status < 400 || *status > 599) {
      return fault(node.source(), "must be an HTTP status from 400 to 599");
    }
    out = static_cast<std::uint32_t>(*status);
    return {};
  }

  Result<void> take_body(const toml::node& node) {
    TRY_VOID(take_text(node, denial_.body));
    if (denial_.body.size() > kBodyBytesMax) {
      return fault(node.source(), format("is longer than {} bytes", kBodyBytesMax));
    }
    return {};
  }

  const std::string& file_;
  ExtAuthzMapping& mapping_;
  ExtAuthzDenial& denial_;
};

}  // namespace

Result<void> read_ext_authz(const std::string& file, const toml::table& table,
                            ExtAuthzMapping& mapping, ExtAuthzDenial& denial) {
  Reading reading(file, mapping, denial);
  for (const auto& [key, node] : table) TRY_VOID(reading.take(key, node));
  return reading.complete(table);
}

}  // namespace proviso::gate_daemon
