// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/file_system.h"
#include "model/genesis.h"

// The proofs of docs/formats/examples, which targets that judge proofs begin from. A target whose
// trust root no longer fits its corpus would be refused at the genesis and find nothing beyond: so
// each checks once that the example is still proven.
namespace proviso::fuzz {

inline std::string example(const std::string& name) {
  return real_file_system()
      .read(PROVISO_SOURCE_DIR "/docs/formats/examples/" + name, 1U << 20U)
      .value();
}

inline const model::TrustRoot& example_trust() {
  static const auto root = model::parse_trust(example("trust.json"));
  return root.value();
}

}  // namespace proviso::fuzz
