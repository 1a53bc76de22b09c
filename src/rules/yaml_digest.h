// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/digest.h"
#include "rules/yaml.h"

namespace proviso::rules {

/// SHA-256 of what a YAML document says: its tree, without comments, layout and places. The order
/// of members counts. Written into signals. Never change.
Digest yaml_digest(const YamlNode& document);

}  // namespace proviso::rules
