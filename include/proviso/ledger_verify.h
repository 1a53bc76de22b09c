// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Proves ledgers, orders and snapshots of Proviso from public files and from what its caller was
/// given by hand. For other people's programs: this header needs the standard library alone. The
/// program `ledger-verify` is made of it, and console/verify (TypeScript) answers the same.
///
/// Robust to whatever bytes it is given, from disk or network: it ends, within limits that are told
/// below, with a verdict. Prints nothing, throws nothing of its own, keeps no global state.
/// Threads: any function from any thread; one Log by one thread at a time.
namespace proviso::ledger_verify {

/// Why there is no verdict: what the caller gave cannot be used, or the machine failed.
struct Problem {
  enum class Kind : std::uint8_t { bad_input, failed };
  Kind kind = Kind::bad_input;
  std::string message;  ///< one line for people
};

/// What was found.
struct Verdict {
  /// "OK", or the class of the first thing that is wrong (docs/formats/verdicts.md). Stable.
  std::string error_class;
  std::string where;    ///< a path below the log, an entry, or a member of the file
  std::string detail;   ///< one line for people; safe for a terminal
  std::string meaning;  ///< what that class means for whoever reads it; empty where valid
  std::string words;    ///< what is proven, in lines for people; empty where it is not valid
  std::string json;     ///< all of it in one line, members as `proviso verify --json` has them
  [[nodiscard]] bool valid() const { return error_class == "OK"; }
};
using Answer = std::expected<Verdict, Problem>;

/// What the caller was given by hand: exactly one of the two.
struct Trust {
  /// The text of a trust file: proves who decided as well, and says whose cosignatures are asked
  /// for.
  std::string trust_file;
  std::string log_key;  ///< "NAME+HEX8+BASE64": proves the log alone
};

/// How a log on a web server is read.
struct HttpOptions {
  std::chrono::milliseconds file_time{60'000};  ///< for one file, with all tries
  unsigned connections = 16;                    ///< 1 to 64, each kept
  std::string ca_file;                          ///< PEM; trusted beside the system's
};

/// A log's public files: a folder, or an http(s) URL of any static server. Only files that the
/// log's format names are asked for; redirects are not followed; at most 16 MiB are taken for one
/// file and about 64 MiB held of files that were fetched before they were needed.
class Log {
 public:
  /// `bad_input`: no such folder, or not a URL. A server that does not answer is found later, as
  /// "unreadable".
  static std::expected<Log, Problem> open(const std::string& folder_or_url,
                                          const HttpOptions& http = {});
  ~Log();
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The text of a witness policy (docs/formats/witness.md): whose cosignatures a checkpoint must
/// have, instead of those that the trust file asks for.
using Policy = std::optional<std::string>;

struct LogOptions {
  std::optional<std::string> since;  ///< an earlier checkpoint that was kept
  std::optional<std::string>
      snapshot;  ///< a gate's snapshot, held against the log; needs a trust file
  Policy policy = {};
  /// Text of a customer's file of index keys (docs/formats/customer-list.md): lists its entries,
  /// and sees whether one was kept from it; needs a trust file.
  std::optional<std::string> index_keys = {};
  /// When openings of sealed entries are asked for: "now", RFC 3339, or "+7d" from now. Empty: now.
  std::string at = {};
  /// Told now and then how many entries of how many were looked at. On the caller's thread.
  std::function<void(std::uint64_t, std::uint64_t)> progress;
};

/// All entries, hashes and the signed root; with a trust file also every change of who decides and
/// every order. Reads each file once; memory grows with the number of entries only where there is a
/// trust file (their ids).
Answer verify_log(Log& log, const Trust& trust, const LogOptions& options = {});

/// That the log of checkpoint `later` is that of `earlier` with entries added at its end. Reads
/// some tiles of the log and no entry. Of witnesses, those of `later` are asked for.
Answer verify_consistency(Log& log, const Trust& trust, std::string_view earlier,
                          std::string_view later, const Policy& policy = std::nullopt);

/// What a gate's snapshot proves by itself. What it leaves out only verify_log() can tell.
Answer verify_snapshot(std::string_view snapshot, const Trust& trust,
                       const Policy& policy = std::nullopt);

/// What an order bundle proves by itself: what was ordered, when, by how many.
Answer verify_bundle(std::string_view bundle, const Trust& trust,
                     const Policy& policy = std::nullopt);

/// What a customer's list proves by itself: all entries about it up to an index, and that none is
/// missing there (docs/formats/customer-list.md). That the index is right only verify_log() can
/// tell.
Answer verify_list(std::string_view list, const Trust& trust, const Policy& policy = std::nullopt);

/// That `entry` is in the log: what somebody who kept a tlog-proof can check.
Answer verify_proof(std::string_view proof, std::string_view entry, const Trust& trust,
                    const Policy& policy = std::nullopt);

}  // namespace proviso::ledger_verify
