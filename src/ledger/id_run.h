// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "ledger/merkle.h"

// A sorted file of entry ids and where they stand; layout in docs/formats/ledger.md. Private: it is
// ours, and trusted after its checks.
namespace proviso::ledger {

/// First 16 bytes of SHA-256(id), as two big-endian numbers: stands for the id in all indexes.
struct IdPrint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const IdPrint&) const = default;
};
IdPrint print_of(std::string_view id);

struct IdRecord {
  IdPrint print;
  EntryIndex index = 0;
  auto operator<=>(const IdRecord&) const = default;
};

/// The ids of entries [from, to), one record each. Immutable, any thread.
/// Memory: about 1.6 bytes an id (a filter that knows most absent ids, and a fence per block).
class IdRun {
 public:
  /// Checks the filter and the fences, and no block; `corrupt` says what is wrong.
  static Result<std::shared_ptr<const IdRun>> open(FileSystem& fs, const std::string& path);
  /// Reads at most one block; `corrupt` where it is damaged.
  Result<std::optional<EntryIndex>> find(const IdPrint& print) const;
  /// Everything, checked; sorted.
  Result<std::vector<IdRecord>> records() const;

  [[nodiscard]] EntryIndex from() const { return from_; }
  [[nodiscard]] EntryIndex to() const { return to_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  IdRun() = default;
  Result<void> load();
  [[nodiscard]] bool may_have(const IdPrint& print) const;
  Result<std::vector<IdRecord>> block(std::uint64_t n) const;

  std::string path_;
  std::unique_ptr<ReadFile> file_;
  EntryIndex from_ = 0;
  EntryIndex to_ = 0;
  std::vector<std::uint64_t> fences_;
  std::string filter_;
};

/// The bytes of a run over entries [from, to). `records` has one for each, sorted.
std::string encode_id_run(EntryIndex from, EntryIndex to, std::span<const IdRecord> records);

}  // namespace proviso::ledger
