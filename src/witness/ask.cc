// SPDX-License-Identifier: Apache-2.0
#include "witness/ask.h"

#include "ledger/checkpoint.h"
#include "ledger/tile_reader.h"
#include "witness/request.h"

namespace proviso::witness {
namespace {

constexpr std::size_t kAnswerBytesMax = 16384;

Result<std::string> body_for(FileSystem& fs, const std::string& log_dir, const Target& target,
                             std::uint64_t old_size) {
  AddCheckpoint request{old_size, {}, target.note};
  if (old_size > 0 && old_size < target.size) {
    ledger::TileReader tiles(fs, log_dir, target.size);
    request.proof = TRY(tiles.consistency_path(old_size, target.size));
  }
  return format_add_checkpoint(request);
}

bool says_later(int status) { return status >= 500 || status == 429 || status == 408; }

Reaction reaction_to(const http::Response& response, const AskedWitness& witness,
                     const Target& target) {
  Reaction out;
  out.status = response.status;
  out.known_size = witness.known_size;
  if (response.status == 200) {
    auto line = ledger::good_cosignature_line(response.body, target.text, witness.key);
    out.reply = line ? Reply::cosigned : Reply::refused;
    if (!line) return out;
    out.line = std::move(*line);
    out.known_size = target.size;
    return out;
  }
  out.reply = says_later(response.status) ? Reply::unavailable : Reply::refused;
  if (response.status != 409) return out;
  const auto known = parse_size_answer(response.body);
  if (!known) return out;
  out.known_size = *known;
  if (*known > target.size) out.reply = Reply::ahead;
  return out;
}

}  // namespace

std::string_view to_string(Reply reply) {
  switch (reply) {
    case Reply::cosigned: return "cosigned";
    case Reply::ahead: return "ahead";
    case Reply::refused: return "refused";
    case Reply::unavailable: return "unavailable";
  }
  return "unavailable";
}

Result<Target> read_target(FileSystem& fs, const std::string& log_dir) {
  Target out;
  out.note = TRY(fs.read(log_dir + "/checkpoint", ledger::kNoteBytesMax));
  const auto split = TRY(ledger::split_note(out.note));
  out.text = std::string(split.text);
  out.size = TRY(ledger::Checkpoint::parse(out.text)).size;
  return out;
}

Reaction ask_witness(FileSystem& fs, const std::string& log_dir, const AskedWitness& witness,
                     const Target& target, const http::Call& call, const Post& post) {
  AskedWitness asked = witness;
  if (asked.known_size > target.size) asked.known_size = target.size;
  http::Call filled = call;
  filled.method = http::Method::post;
  filled.url = witness.url;
  filled.url.path += "/add-checkpoint";
  filled.content_type = "text/plain; charset=utf-8";
  filled.body_bytes_max = kAnswerBytesMax;
  for (int turn = 0;; ++turn) {
    auto body = body_for(fs, log_dir, target, asked.known_size);
    if (!body) return {Reply::unavailable, {}, asked.known_size, 0};
    filled.body = std::move(*body);
    const auto response = post(filled);
    if (!response) return {Reply::unavailable, {}, asked.known_size, 0};
    Reaction reaction = reaction_to(*response, asked, target);
    // It knows another size, within this tree: with that it can be proven what it wants to see.
    const bool again = turn == 0 && response->status == 409 && reaction.reply == Reply::refused &&
                       reaction.known_size != asked.known_size;
    if (!again) return reaction;
    asked.known_size = reaction.known_size;
  }
}

}  // namespace proviso::witness
