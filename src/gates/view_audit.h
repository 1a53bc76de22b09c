// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "model/genesis.h"

// Holds a published view (docs/formats/publication.md) against the public log. Robust to untrusted
// input.
namespace proviso::gates {

struct ViewReport {
  bool ok = false;
  std::string error_class;  ///< "OK", a class of AuditReport, or "view"
  std::string where;        ///< "line N" of the view, else as in AuditReport
  std::string detail;
  std::string audience;
  std::uint64_t entries = 0;
  std::uint64_t fields = 0;  ///< values that are proven
};

/// Whether each value that the view shows is what the log's entry, or the one inside an opening,
/// commits to. The log is judged first. It says nothing of what the view leaves out.
ViewReport audit_view(FileSystem& fs, const std::string& log_dir, const model::TrustRoot& trust,
                      std::string_view view);

}  // namespace proviso::gates
