// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "rules/ast.h"
#include "rules/diagnostic.h"
#include "rules/yaml.h"

namespace proviso::rules {

/// Where a document is read: errors go to `diagnostics` with the file's name.
struct ReadContext {
  const std::string& file;
  Diagnostics& diagnostics;
  void error(Position at, std::string item, std::string message) const {
    diagnostics.add(file, at, std::move(item), std::move(message));
  }
  void warn(Position at, std::string item, std::string message) const {
    diagnostics.warn(file, at, std::move(item), std::move(message));
  }
};

struct ReadOptions {
  /// Keep the members that a pipeline may ask for (RuleAst::attributes).
  bool keep_attributes = false;
};

/// Reads one YAML document as a Sigma rule, correlation or filter. Nothing where it is wrong: each
/// fault is in the diagnostics then. Empty documents give nothing and no error.
std::optional<RuleAst> read_rule(const YamlNode& document, const ReadContext& context,
                                 const ReadOptions& options = {});

// The parts, each in its own file.

/// Id, title, status and whatever else describes a rule, against the specification's schemas.
void check_schema(const YamlNode& top, const ReadContext& context);
/// `detection:` with its selections and conditions.
std::optional<DetectionAst> read_detection(const YamlNode& node, const ReadContext& context);
/// One selection: a map, a list of maps or keywords. `path` is its place for errors.
std::optional<SelectionAst> read_selection(const YamlNode& node, const std::string& path,
                                           const ReadContext& context);
/// `correlation:`.
std::optional<CorrelationAst> read_correlation(const YamlNode& node, const ReadContext& context);
/// `filter:`.
std::optional<FilterAst> read_filter(const YamlNode& node, const ReadContext& context);
/// `logsource:` or the parameters of the same names of a pipeline's item.
LogSource read_logsource(const YamlNode& node, const std::string& path, const ReadContext& context);
/// What a YAML scalar means: YAML 1.2 core schema. Nothing (with an error) where YAML 1.1 and 1.2
/// disagree ("yes", "on", "0777").
std::optional<ScalarAst> read_scalar(const YamlNode& node, const std::string& item,
                                     const ReadContext& context);
/// "15m": a whole number and s, m, h, d, w, M or y; at least 1s, at most 10y.
std::optional<Duration> parse_timespan(std::string_view text);
/// The whole text as a decimal number.
std::optional<double> parse_number(std::string_view text);

}  // namespace proviso::rules
