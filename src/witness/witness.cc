// SPDX-License-Identifier: Apache-2.0
#include "witness/witness.h"

#include <algorithm>

#include "ledger/cosignature.h"
#include "ledger/merkle.h"
#include "witness/request.h"

namespace proviso::witness {
namespace {

Answer answer(Outcome outcome, int status, std::string_view text) {
  Answer out;
  out.outcome = outcome;
  out.status = status;
  out.body = std::string(text) + "\n";
  return out;
}

Answer other_size(std::uint64_t known) {
  Answer out = answer(Outcome::other_size, 409, std::to_string(known));
  out.content_type = kSizeType;
  return out;
}

// The first line of a note: which log it claims to be of.
std::string_view origin_of(std::string_view note) { return note.substr(0, note.find('\n')); }

// The protocol has a code of its own for an empty tree with another root.
bool claims_no_entries(std::string_view text) {
  const std::string_view rest = text.substr(std::min(text.find('\n'), text.size() - 1) + 1);
  return rest.starts_with("0\n");
}

std::string state_path(const std::string& dir, std::string_view origin) {
  return dir + "/state/" + origin_hash(origin);
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::cosigned: return "cosigned";
    case Outcome::malformed: return "malformed";
    case Outcome::not_the_log: return "not_the_log";
    case Outcome::unknown_log: return "unknown_log";
    case Outcome::other_size: return "other_size";
    case Outcome::not_proven: return "not_proven";
    case Outcome::split_view: return "split_view";
    case Outcome::failed: return "failed";
  }
  return "failed";
}

struct Witness::Asked {
  const ledger::NoteVerifier* log = nullptr;
  AddCheckpoint request;
  ledger::Checkpoint checkpoint;
  std::string text;  // the note's, which is what is signed
};

Witness::Witness(Files files, std::string name, SigningKey key,
                 std::vector<ledger::NoteVerifier> logs, const Clock& clock)
    : files_(std::move(files)),
      name_(std::move(name)),
      key_(std::move(key)),
      logs_(std::move(logs)),
      clock_(clock) {}

const ledger::NoteVerifier* Witness::find_log(std::string_view origin) const {
  const auto log = std::find_if(logs_.begin(), logs_.end(),
                                [&](const auto& known) { return known.name == origin; });
  return log == logs_.end() ? nullptr : &*log;
}

bool Witness::usable() const {
  const std::scoped_lock lock(mutex_);
  return !failed_;
}

// The file is believed after the log's signature and our own: what we did not cosign is no state.
Result<std::optional<Seen>> Witness::load(const ledger::NoteVerifier& log) {
  const std::string path = state_path(files_.dir, log.name);
  auto note = files_.fs.read(path, ledger::kNoteBytesMax);
  if (!note) {
    if (note.error().code == Errc::not_found) return std::optional<Seen>();
    return std::unexpected(note.error());
  }
  const auto checkpoint = ledger::open_checkpoint(*note, log);
  const ledger::CosignerKey own{name_, key_.public_key()};
  const auto cosigned = ledger::verify_cosignatures(*note, {&own, 1});
  if (!checkpoint || !cosigned || cosigned->empty()) {
    return fail(Errc::corrupt, path + ": not a checkpoint that this witness cosigned");
  }
  return std::optional<Seen>(Seen{*checkpoint, std::move(*note)});
}

Answer Witness::add_checkpoint(std::string_view body) {
  auto request = parse_add_checkpoint(body);
  if (!request) return answer(Outcome::malformed, 400, request.error().message);
  const ledger::NoteVerifier* log = find_log(origin_of(request->note));
  if (log == nullptr) return answer(Outcome::unknown_log, 404, "this log is not watched here");
  const auto opened = ledger::open_note(request->note, {log, 1});
  if (!opened) {
    const bool unsigned_note = opened.error().code == Errc::denied;
    return answer(unsigned_note ? Outcome::not_the_log : Outcome::malformed,
                  unsigned_note ? 403 : 400, opened.error().message);
  }
  const auto checkpoint = ledger::Checkpoint::parse(opened->text);
  if (!checkpoint) {
    return answer(Outcome::malformed, claims_no_entries(opened->text) ? 422 : 400,
                  checkpoint.error().message);
  }
  const Asked asked{log, std::move(*request), *checkpoint, opened->text};

  const std::scoped_lock lock(mutex_);
  if (failed_) return disk_failed();
  const auto before = load(*log);
  if (!before) return disk_failed();
  return judge(asked, *before);
}

// The caller holds the lock.
Answer Witness::judge(const Asked& asked, const std::optional<Seen>& before) {
  const ledger::Checkpoint& now = asked.checkpoint;
  const std::uint64_t old_size = asked.request.old_size;
  if (old_size > now.size) {
    return answer(Outcome::malformed, 400, "the old size is beyond the checkpoint's");
  }
  const std::uint64_t known = before ? before->checkpoint.size : 0;
  const bool split =
      before && before->checkpoint.size == now.size && before->checkpoint.root != now.root;
  // Two signed trees of one size are proof by themselves, whatever the request says of old sizes.
  if (split) return refuse(asked, *before, Outcome::split_view);
  if (old_size != known) return other_size(known);
  if (old_size == 0 || old_size == now.size) {
    if (asked.request.proof.empty()) return sign(asked);
    return answer(Outcome::malformed, 422, "there is nothing to be proven here");
  }
  const auto proven = ledger::verify_consistency(old_size, before->checkpoint.root, now.size,
                                                 now.root, asked.request.proof);
  return proven ? sign(asked) : refuse(asked, *before, Outcome::not_proven);
}

Answer Witness::refuse(const Asked& asked, const Seen& before, Outcome outcome) {
  const auto kept = keep_evidence(files_.fs, files_.dir, {before.checkpoint, before.note},
                                  {asked.checkpoint, asked.request.note});
  if (!kept) return disk_failed();
  if (outcome == Outcome::not_proven) {
    return answer(outcome, 422, "no proof that this tree continues the one that is known");
  }
  // The protocol asks for 409 first; the evidence is kept all the same.
  if (asked.request.old_size != before.checkpoint.size) {
    Answer out = other_size(before.checkpoint.size);
    out.outcome = outcome;
    return out;
  }
  return answer(outcome, 422, "this log signed another tree of this size: a split view");
}

Answer Witness::sign(const Asked& asked) {
  const std::string line = ledger::cosign(name_, key_, asked.text, clock_.now());
  // W2: the state is on disk before the line leaves. A crash here leaves a state that nobody was
  // told of: the log asks again with the size that 409 tells.
  const auto kept = keep(asked, line);
  if (!kept) return disk_failed();
  Answer out;
  out.body = line;
  return out;
}

Result<void> Witness::keep(const Asked& asked, const std::string& line) {
  // Of the other lines only the log's own: a stranger's would have to be believed when read again.
  std::string note = asked.text + "\n";
  const auto split = TRY(ledger::split_note(asked.request.note));
  for (const auto& signature : split.lines) {
    if (signature.name == asked.log->name && signature.key_id == asked.log->key_id()) {
      note += ledger::format_signature_line(signature);
    }
  }
  note += line;
  TRY_VOID(files_.fs.make_directories(files_.dir + "/state"));
  TRY_VOID(files_.fs.write_durable(state_path(files_.dir, asked.log->name), note));
  return settle_evidence(files_.fs, files_.dir, {asked.checkpoint, note});
}

// W3. What is on disk is unknown now, and reading it again would not tell.
Answer Witness::disk_failed() {
  failed_ = true;
  return answer(Outcome::failed, 500, "the witness's disk failed");
}

Result<Seen> Witness::seen(std::string_view origin) {
  const ledger::NoteVerifier* log = find_log(origin);
  if (log != nullptr) {
    const std::scoped_lock lock(mutex_);
    auto state = TRY(load(*log));
    if (state) return std::move(*state);
  }
  return fail(Errc::not_found, "nothing was cosigned for this log");
}

}  // namespace proviso::witness
