// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/json.h"
#include "ledger/note.h"
#include "probes/probe.h"

namespace proviso::probes {

/// A report as a document (docs/formats/probe.md).
Json to_json(const Report& report);
/// Its canonical text and a line feed; below it a signature where there is a signer.
std::string write_report(const Report& report, const ledger::NoteSigner* signer);
/// The document of a signed report. `denied`: not signed by `key`; `invalid_input`: no report.
Result<Json> read_signed_report(std::string_view text, const ledger::NoteVerifier& key);

/// Which reports of a probe that goes on are worth keeping as evidence: the first, each in which
/// other targets differ than in the one kept before, and one a day.
class Keeping {
 public:
  [[nodiscard]] bool due(const Report& report) const;
  void kept(const Report& report);

 private:
  std::optional<Time> last_;
  std::set<std::string> differing_;
};

}  // namespace proviso::probes
