// SPDX-License-Identifier: Apache-2.0
// A witness without a network: what the protocol asks of it, a log that lies, a disk that fails.
#include "witness/witness.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/testing/faulty_file_system.h"
#include "ledger/cosignature.h"
#include "ledger/log.h"
#include "witness/request.h"

namespace proviso::witness {
namespace {

using proviso::testing::Fault;
using proviso::testing::FaultyFileSystem;
using proviso::testing::Unsynced;

const std::string kOrigin = "log.example/a";
SigningKey key_of(char c) { return SigningKey::from_seed(std::string(32, c)).value(); }
ledger::NoteSigner signer_of(char c = 'l') { return {kOrigin, key_of(c)}; }

// A log with all that it ever signed.
class History {
 public:
  explicit History(const std::string& flavour = "") : flavour_(flavour) {
    log_ = ledger::Log::create(fs_, "d", signer_of(), kOrigin).value();
    notes.push_back(log_->head()->checkpoint);
  }
  void grow_to(std::size_t size, const std::string& flavour = "") {
    if (!flavour.empty()) flavour_ = flavour;
    while (notes.size() <= size) {
      const std::string text = flavour_ + std::to_string(notes.size());
      const ledger::NewEntry entry{text, text};
      EXPECT_TRUE(log_->append({&entry, 1}));
      notes.push_back(log_->head()->checkpoint);
    }
  }
  std::string request(std::size_t from, std::size_t to) {
    AddCheckpoint out{from, {}, notes.at(to)};
    if (from > 0 && from < to) out.proof = log_->prove_consistency(from, to).value();
    return format_add_checkpoint(out);
  }
  std::vector<std::string> notes;  // by size

 private:
  FaultyFileSystem fs_;
  std::unique_ptr<ledger::Log> log_;
  std::string flavour_;
};

class Witnessing : public ::testing::Test {
 protected:
  Witnessing() {
    log.grow_to(9);
    start();
  }
  void start() {
    witness =
        std::make_unique<Witness>(Witness::Files{fs, "w"}, "w.example", key_of('w'),
                                  std::vector<ledger::NoteVerifier>{signer_of().verifier()}, clock);
  }
  std::string ask(const std::string& body) {
    const Answer answer = witness->add_checkpoint(body);
    return std::to_string(answer.status) + " " + std::string(to_string(answer.outcome));
  }
  std::string ask(std::size_t from, std::size_t to) { return ask(log.request(from, to)); }
  std::uint64_t size() {
    const auto seen = witness->seen(kOrigin);
    return seen ? seen->checkpoint.size : 0;
  }
  // "fork 5/5", "unproven 3/7": what is kept, as sizes of what was cosigned and refused.
  std::string evidence() {
    std::string out;
    for (const Evidence& e : list_evidence(fs, "w").value()) {
      out += std::string(e.is_fork() ? "fork " : "unproven ") + std::to_string(e.cosigned.size) +
             "/" + std::to_string(e.refused.size) + " ";
    }
    return out;
  }

  FaultyFileSystem fs;
  ManualClock clock{parse_time("2026-11-25T12:00:00Z").value()};
  History log;
  std::unique_ptr<Witness> witness;
};

TEST_F(Witnessing, FollowsALog) {
  EXPECT_EQ(ask(0, 3), "200 cosigned");
  EXPECT_EQ(ask(3, 3), "200 cosigned");
  const Answer answer = witness->add_checkpoint(log.request(3, 9));
  EXPECT_EQ(answer.status, 200);
  const ledger::CosignerKey own{"w.example", key_of('w').public_key()};
  const std::string note = log.notes[9] + answer.body;
  const auto found = ledger::verify_cosignatures(note, {&own, 1}).value();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].time, unix_seconds(clock.now()));
  EXPECT_EQ(witness->seen(kOrigin)->note, note);
  start();
  EXPECT_EQ(size(), 9U);
}

TEST_F(Witnessing, AnEmptyLogIsATreeToo) {
  EXPECT_EQ(ask(0, 0), "200 cosigned");
  EXPECT_EQ(ask(0, 0), "200 cosigned");
  EXPECT_EQ(ask(0, 4), "200 cosigned");
  EXPECT_EQ(ask(0, 0), "409 other_size");
}

TEST_F(Witnessing, AnswersAsTheProtocolSays) {
  EXPECT_EQ(ask(0, 5), "200 cosigned");
  // What we know is told, with a type of its own.
  const Answer other = witness->add_checkpoint(log.request(4, 7));
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.body, "5\n");
  EXPECT_EQ(other.content_type, "text/x.tlog.size");
  EXPECT_EQ(ask(0, 7), "409 other_size");
  EXPECT_EQ(ask(3, 4), "409 other_size");  // a rollback
  AddCheckpoint request = parse_add_checkpoint(log.request(5, 7)).value();
  request.old_size = 8;
  EXPECT_EQ(ask(format_add_checkpoint(request)), "400 malformed");
  request = parse_add_checkpoint(log.request(5, 5)).value();
  request.proof.push_back(sha256("x"));
  EXPECT_EQ(ask(format_add_checkpoint(request)), "422 malformed");
  EXPECT_EQ(ask("nonsense"), "400 malformed");
  EXPECT_EQ(ask("old 5\n\nlog.example/a\nno note\n"), "400 malformed");
  EXPECT_EQ(ask("old 5\n\nlog.example/b\n" + log.notes[7]), "404 unknown_log");
  EXPECT_EQ(evidence(), "");
  EXPECT_EQ(size(), 5U);
}

TEST_F(Witnessing, TakesOnlyTheLogsOwnSignature) {
  const std::string body(ledger::split_note(log.notes[5])->text);
  EXPECT_EQ(ask("old 0\n\n" + ledger::sign_note(signer_of('m'), body)), "403 not_the_log");
  std::string flipped = log.notes[5];
  flipped[flipped.size() - 10] = flipped[flipped.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(ask("old 0\n\n" + flipped), "403 not_the_log");
  const std::string wrong =
      ledger::sign_note(signer_of(), kOrigin + "\n0\n" + base64_encode(sha256("x").view()) + "\n");
  EXPECT_EQ(ask("old 0\n\n" + wrong), "422 malformed");
  // Lines of strangers, and our own of old, do not hinder and are not kept.
  const std::string more = ledger::cosign("x.example", key_of('x'), body, clock.now());
  EXPECT_EQ(ask("old 0\n\n" + log.notes[5] + more), "200 cosigned");
  EXPECT_EQ(witness->seen(kOrigin)->note.find("x.example"), std::string::npos);
}

TEST_F(Witnessing, KeepsBothOfASplitView) {
  History other("other");
  other.grow_to(9);
  EXPECT_EQ(ask(0, 5), "200 cosigned");
  EXPECT_EQ(ask(other.request(5, 5)), "422 split_view");
  EXPECT_EQ(ask(other.request(5, 5)), "422 split_view");
  EXPECT_EQ(evidence(), "fork 5/5 ");
  // Shown with another old size, it is kept, too; the protocol wants 409 then.
  EXPECT_EQ(ask(log.request(5, 6)), "200 cosigned");
  EXPECT_EQ(ask(other.request(5, 6)), "409 split_view");
  EXPECT_EQ(evidence(), "fork 5/5 fork 6/6 ");
  EXPECT_EQ(size(), 6U);
  // Both are signed by the log's key and read back as they were.
  const Evidence kept = list_evidence(fs, "w")->at(0);
  EXPECT_EQ(fs.read(kept.file + ".refused", 65536).value(), other.notes[5]);
  EXPECT_TRUE(ledger::open_checkpoint(fs.read(kept.file + ".cosigned", 65536).value(),
                                      signer_of().verifier()));
}

TEST_F(Witnessing, KeepsWhatIsNotProven) {
  History other("other");
  other.grow_to(9);
  EXPECT_EQ(ask(0, 5), "200 cosigned");
  EXPECT_EQ(ask(other.request(5, 7)), "422 not_proven");
  EXPECT_EQ(evidence(), "unproven 5/7 ");
  // A stranger sends a good checkpoint with a wrong proof: forgotten when it proves itself.
  AddCheckpoint request = parse_add_checkpoint(log.request(5, 8)).value();
  request.proof.pop_back();
  EXPECT_EQ(ask(format_add_checkpoint(request)), "422 not_proven");
  EXPECT_EQ(evidence(), "unproven 5/7 unproven 5/8 ");
  // The log goes on and reaches the size of the other tree: then that is a fork.
  EXPECT_EQ(ask(5, 7), "200 cosigned");
  EXPECT_EQ(evidence(), "fork 7/7 unproven 5/8 ");
  EXPECT_EQ(ask(7, 8), "200 cosigned");
  EXPECT_EQ(evidence(), "fork 7/7 ");
}

TEST_F(Witnessing, KeepsNoMoreThanItHasRoomFor) {
  EXPECT_EQ(ask(0, 1), "200 cosigned");
  log.grow_to(40);
  for (std::size_t n = 2; n <= 40; ++n) {
    AddCheckpoint request{1, {sha256("x")}, log.notes[n]};
    EXPECT_EQ(ask(format_add_checkpoint(request)), "422 not_proven");
  }
  const auto kept = list_evidence(fs, "w").value();
  ASSERT_EQ(kept.size(), kUnprovenMax);
  EXPECT_EQ(kept.front().refused.size, 25U);
  for (int n = 0; n < 100; ++n) {
    const ledger::Checkpoint lie{kOrigin, 1, sha256(std::to_string(n))};
    EXPECT_EQ(ask("old 1\n\n" + ledger::sign_note(signer_of(), lie.format())), "422 split_view");
  }
  EXPECT_EQ(list_evidence(fs, "w")->size(), kUnprovenMax + kForksMax);
}

// Restored from a backup, a log goes on with other entries: it can't get them cosigned.
TEST_F(Witnessing, StopsALogThatWasRolledBack) {
  EXPECT_EQ(ask(0, 3), "200 cosigned");
  EXPECT_EQ(ask(3, 5), "200 cosigned");
  History restored;
  restored.grow_to(3);
  restored.grow_to(6, "other");
  EXPECT_EQ(ask(restored.request(3, 4)), "409 other_size");
  EXPECT_EQ(ask(restored.request(3, 5)), "409 split_view");
  EXPECT_EQ(ask(restored.request(5, 6)), "422 not_proven");
  EXPECT_EQ(evidence(), "fork 5/5 unproven 5/6 ");
}

// W1 to W3: whichever write fails, and however, what was answered is on disk after the crash, and
// no two trees of one size are ever cosigned.
TEST(WitnessFaults, NothingAnsweredIsForgotten) {
  History log;
  log.grow_to(9);
  History other("other");
  other.grow_to(9);
  const ManualClock clock{parse_time("2026-11-25T12:00:00Z").value()};
  for (const Fault fault : {Fault::not_done, Fault::done, Fault::half_done}) {
    for (const Unsynced unsynced : {Unsynced::kept, Unsynced::dropped, Unsynced::torn}) {
      for (std::uint64_t n = 1; n < 20; ++n) {
        FaultyFileSystem fs;
        const auto start = [&] {
          return std::make_unique<Witness>(
              Witness::Files{fs, "w"}, "w.example", key_of('w'),
              std::vector<ledger::NoteVerifier>{signer_of().verifier()}, clock);
        };
        auto witness = start();
        fs.fail_at(n, fault);
        std::uint64_t answered = 0;
        for (const auto& [from, to] : {std::pair<std::size_t, std::size_t>{0, 2}, {2, 4}, {4, 7}}) {
          if (witness->add_checkpoint(log.request(from, to)).status == 200) answered = to;
          (void)witness->add_checkpoint(other.request(to, to));
        }
        // W3: after a failure nothing is answered, not even what would need no write.
        if (fs.failed()) {
          EXPECT_FALSE(witness->usable());
          EXPECT_EQ(witness->add_checkpoint(log.request(0, 1)).status, 500);
        }
        fs.crash(unsynced);
        witness = start();
        const auto seen = witness->seen(kOrigin);
        ASSERT_TRUE(seen || seen.error().code == Errc::not_found) << seen.error().message;
        const std::uint64_t size = seen ? seen->checkpoint.size : 0;
        EXPECT_GE(size, answered) << n;
        EXPECT_NE(witness->add_checkpoint(other.request(size, size)).status, size > 0 ? 200 : 0);
        EXPECT_EQ(witness->add_checkpoint(log.request(size, 9)).status, 200);
        EXPECT_TRUE(list_evidence(fs, "w"));
      }
    }
  }
}

TEST_F(Witnessing, RefusesAStateThatItDidNotWrite) {
  EXPECT_EQ(ask(0, 3), "200 cosigned");
  const std::string path = "w/state/" + origin_hash(kOrigin);
  for (const std::string& bytes : {std::string(), std::string("x"), log.notes[2]}) {
    fs.files()[path] = bytes;
    start();
    EXPECT_EQ(witness->seen(kOrigin).error().code, Errc::corrupt);
    EXPECT_EQ(ask(3, 5), "500 failed");
  }
}

TEST(AddCheckpointBody, IsReadStrictly) {
  const std::string hash = base64_encode(sha256("x").view());
  const auto reads = [](const std::string& body) { return parse_add_checkpoint(body).has_value(); };
  EXPECT_TRUE(reads("old 0\n\nnote"));
  EXPECT_TRUE(reads("old 12\n" + hash + "\n\nnote\n\nlines\n"));
  for (const std::string& bad :
       {std::string(), std::string("old 0"), std::string("old 0\n"), std::string("old 0\n\n"),
        std::string("old 01\n\nnote"), std::string("old -1\n\nnote"), std::string("old  1\n\nnote"),
        std::string("Old 1\n\nnote"), std::string("old 9999999999999999999\n\nnote"),
        "old 1\n" + hash.substr(4) + "\n\nnote", "old 1\n" + hash + "=\n\nnote",
        "old 1\n" + hash + "\r\n\r\nnote", "old 1\n" + hash}) {
    EXPECT_FALSE(reads(bad)) << bad;
  }
  std::string many = "old 1\n";
  for (int i = 0; i < 63; ++i) many += hash + "\n";
  EXPECT_TRUE(reads(many + "\nnote"));
  EXPECT_FALSE(reads(many + hash + "\n\nnote"));
  EXPECT_FALSE(reads("old 1\n\n" + std::string(70000, 'x')));
  EXPECT_EQ(parse_size_answer("0\n").value(), 0U);
  EXPECT_EQ(parse_size_answer("12\n").value(), 12U);
  for (const char* bad : {"", "\n", "12", "012\n", "12\n\n", "12 \n", "9999999999999999999\n"}) {
    EXPECT_FALSE(parse_size_answer(bad)) << bad;
  }
}

}  // namespace
}  // namespace proviso::witness
