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

/// Reads one YAML document as a Sigma rule or correlation. Nothing where it is wrong: each fault is
/// in the diagnostics then. Empty documents give nothing and no error.
std::optional<RuleAst> read_rule(const YamlNode& document, const ReadContext& context);

// The parts, each in its own file.

/// `detection:` with its selections and conditions.
std::optional<DetectionAst> read_detection(const YamlNode& node, const ReadContext& context);
/// `correlation:`. `top` is the whole document (pySigma has no keys outside, so neither do we).
std::optional<CorrelationAst> read_correlation(const YamlNode& node, const ReadContext& context);
/// What a YAML scalar means: YAML 1.2 core schema. Nothing (with an error) where YAML 1.1 and 1.2
/// disagree ("yes", "on", "0777").
std::optional<ScalarAst> read_scalar(const YamlNode& node, const std::string& item,
                                     const ReadContext& context);
/// The whole text as a decimal number.
std::optional<double> parse_number(std::string_view text);

}  // namespace proviso::rules
