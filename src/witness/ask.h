// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "http/client.h"
#include "ledger/cosignature.h"

// One witness is asked for its cosignature: the log's side of c2sp.org/tlog-witness.
namespace proviso::witness {

/// A checkpoint that the log has published.
struct Target {
  std::string note;  ///< with the log's signature alone
  std::string text;  ///< what is signed of it
  std::uint64_t size = 0;
};
/// The one in `log_dir`. Its signature is for others to check: it is our own file.
Result<Target> read_target(FileSystem& fs, const std::string& log_dir);

enum class Reply : std::uint8_t {
  cosigned,
  ahead,        ///< it knows a larger tree than the log has: the log was rolled back
  refused,      ///< it does not cosign this, or answered what is no cosignature of this
  unavailable,  ///< no answer, or one that says "later"
};
std::string_view to_string(Reply reply);

struct Reaction {
  Reply reply = Reply::unavailable;
  std::string line;              ///< of the witness, verified; where it cosigned
  std::uint64_t known_size = 0;  ///< what it knows now, as far as it told
  int status = 0;                ///< of its last answer; 0 without one
};

struct AskedWitness {
  ledger::CosignerKey key;
  http::Url url;                 ///< its prefix
  std::uint64_t known_size = 0;  ///< what it is believed to know; a wrong belief costs one call
};

using Post = std::function<Result<http::Response>(const http::Call&)>;

/// Sends the target with a proof from the public tiles below `log_dir`; once more where the witness
/// knows another size than believed. `call` has the limits; its URL and body are filled in.
/// Blocks as http::call(). Robust to untrusted answers.
Reaction ask_witness(FileSystem& fs, const std::string& log_dir, const AskedWitness& witness,
                     const Target& target, const http::Call& call, const Post& post = http::call);

}  // namespace proviso::witness
