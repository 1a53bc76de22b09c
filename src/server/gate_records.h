// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "gates/gate_statement.h"

// Which gates there are, and what they said of themselves (docs/formats/data-folder.md).
namespace proviso::server {

using GateKeys = std::map<std::string, ledger::NoteVerifier, std::less<>>;
/// A verifier key a line, as `proviso gate identity` prints them; '#' begins a comment. An absent
/// file names none. Errors say the line.
Result<GateKeys> read_gate_keys(FileSystem& fs, const std::string& file);

struct GateRecord {
  gates::GateStatement statement;
  Time received_at{};
  std::string note;  ///< as the gate signed it
};
/// The latest of each gate.
using GateRecords = std::map<std::string, GateRecord, std::less<>>;

/// Statements of gates in `statements.jsonl`, in the order in which they came. A file that has
/// grown to 16 MiB is made anew from the latest of each gate. One writer; one thread.
class GateRecordFile {
 public:
  struct Line {
    Time received_at{};
    std::string note;
  };
  GateRecordFile(FileSystem& fs, std::string dir) : fs_(fs), dir_(std::move(dir)) {}

  /// Durable when it returns. After an error the next call begins anew.
  Result<void> append(const std::vector<Line>& lines);

  /// What `dir` holds of the gates in `keys`: of each the latest, its signature verified again. A
  /// line that is none is passed over (a crash can leave one, torn). No folder: nothing.
  static Result<GateRecords> read(FileSystem& fs, const std::string& dir, const GateKeys& keys);

 private:
  Result<void> open();
  Result<void> make_anew();
  FileSystem& fs_;
  std::string dir_;
  std::unique_ptr<AppendFile> file_;
  std::uint64_t bytes_ = 0;
};

}  // namespace proviso::server
