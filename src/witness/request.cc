// SPDX-License-Identifier: Apache-2.0
#include "witness/request.h"

#include "base/encoding.h"
#include "ledger/checkpoint.h"
#include "ledger/merkle.h"
#include "ledger/note.h"

namespace proviso::witness {
namespace {

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::invalid_input, "add-checkpoint: " + std::string(what));
}

Result<std::string_view> next_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return bad("a line is missing or cut");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::string format_add_checkpoint(const AddCheckpoint& request) {
  std::string out = "old " + std::to_string(request.old_size) + "\n";
  for (const Digest& hash : request.proof) out += base64_encode(hash.view()) + "\n";
  return out + "\n" + request.note;
}

Result<AddCheckpoint> parse_add_checkpoint(std::string_view body) {
  if (body.size() > kRequestBytesMax) return bad("too long");
  AddCheckpoint out;
  std::string_view line = TRY(next_line(body));
  if (!line.starts_with("old ")) return bad("line 1 is not 'old SIZE'");
  const auto size = ledger::parse_decimal(line.substr(4));
  if (!size || *size > ledger::kTreeSizeMax) return bad("line 1 has no size up to 2^62");
  out.old_size = *size;
  for (line = TRY(next_line(body)); !line.empty(); line = TRY(next_line(body))) {
    if (out.proof.size() == ledger::kProofHashesMax) return bad("more than 63 lines of proof");
    const auto hash = base64_decode(line);
    if (!hash || hash->size() != sizeof(Digest)) return bad("a line of proof is not 32 bytes");
    out.proof.push_back(TRY(Digest::from_bytes(*hash)));
  }
  if (body.empty() || body.size() > ledger::kNoteBytesMax) return bad("no checkpoint, or too long");
  out.note = body;
  return out;
}

Result<std::uint64_t> parse_size_answer(std::string_view body) {
  if (!body.ends_with('\n')) return fail(Errc::invalid_input, "the size is no line");
  body.remove_suffix(1);
  const std::uint64_t size = TRY(ledger::parse_decimal(body));
  if (size > ledger::kTreeSizeMax) return fail(Errc::invalid_input, "the size is above 2^62");
  return size;
}

std::string origin_hash(std::string_view origin) { return sha256(origin).hex(); }

}  // namespace proviso::witness
