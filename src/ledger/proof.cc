// SPDX-License-Identifier: Apache-2.0
#include "ledger/proof.h"

#include "base/encoding.h"

namespace proviso::ledger {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1";
constexpr std::size_t kExtraBytesMax = 4096;

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::invalid_input, "tlog-proof: " + std::string(what));
}

Result<std::string_view> next_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return bad("a line is missing or cut");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

Result<void> check_extra(std::string_view encoded) {
  if (encoded.size() > kExtraBytesMax) return bad("the extra line is too long");
  if (!base64_decode(encoded)) return bad("the extra line is not base64");
  return {};
}

}  // namespace

std::string format_tlog_proof(const InclusionProof& proof, std::string_view checkpoint) {
  std::string out = std::string(kHeader) + "\nindex " + std::to_string(proof.index) + "\n";
  for (const Digest& hash : proof.hashes) out += base64_encode(hash.view()) + "\n";
  return out.append("\n").append(checkpoint);
}

Result<TlogProof> parse_tlog_proof(std::string_view text) {
  if (text.size() > kTlogProofBytesMax) return bad("too long");
  if (!is_utf8(text)) return bad("not UTF-8");
  if (TRY(next_line(text)) != kHeader) return bad("line 1 is not the header of version 1");
  std::string_view line = TRY(next_line(text));
  if (line.starts_with("extra ")) {
    TRY_VOID(check_extra(line.substr(6)));
    line = TRY(next_line(text));
  }
  if (!line.starts_with("index ")) return bad("the index line is missing");
  const auto index = parse_decimal(line.substr(6));
  if (!index) return bad("the index is " + index.error().message);
  TlogProof out{*index, {}, {}};
  for (line = TRY(next_line(text)); !line.empty(); line = TRY(next_line(text))) {
    if (out.hashes.size() == kProofHashesMax) return bad("more than 63 hashes");
    const auto hash = base64_decode(line);
    if (!hash || hash->size() != 32) return bad("a hash is not 32 bytes in base64");
    out.hashes.push_back(TRY(Digest::from_bytes(*hash)));
  }
  if (text.empty()) return bad("the checkpoint is missing");
  out.checkpoint = std::string(text);
  return out;
}

Result<Checkpoint> verify_tlog_proof(const TlogProof& proof, std::string_view entry,
                                     const NoteVerifier& log_key, std::string_view origin) {
  auto checkpoint = TRY(open_checkpoint(proof.checkpoint, log_key, origin));
  TRY_VOID(verify_inclusion(proof.index, checkpoint.size, leaf_hash(entry), proof.hashes,
                            checkpoint.root));
  return checkpoint;
}

}  // namespace proviso::ledger
