// SPDX-License-Identifier: Apache-2.0
#include "proviso/ledger_verify.h"

#include <utility>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/json.h"
#include "gates/ledger_audit.h"
#include "gates/trusted_policy.h"
#include "gates/verified_bundle.h"
#include "gates/verified_list.h"
#include "gates/verified_snapshot.h"
#include "ledger/finding.h"
#include "ledger/proof.h"
#include "ledger/verify_growth.h"
#include "model/order_words.h"
#include "verify/http_files.h"
#include "verify/meaning.h"
#include "verify/words.h"

namespace proviso::ledger_verify {

struct Log::Impl {
  std::unique_ptr<ledger::LogFiles> files;
};

namespace {

constexpr std::size_t kDetailShown = 1000;

std::unexpected<Problem> problem(const Error& error) {
  const bool machine = error.code == Errc::unavailable || error.code == Errc::exhausted;
  const auto kind = machine ? Problem::Kind::failed : Problem::Kind::bad_input;
  return std::unexpected(Problem{kind, printable(error.message, kDetailShown)});
}

std::unexpected<Problem> bad_input(std::string message) {
  return std::unexpected(Problem{Problem::Kind::bad_input, std::move(message)});
}

/// Of any report that has the four members every verdict has.
template <class Report>
Verdict verdict_of(const Report& report, std::string words, Json::Object members) {
  Verdict out;
  out.error_class = report.error_class;
  out.where = report.where;
  out.detail = printable(report.detail, kDetailShown);
  out.meaning = verify::meaning_of(report.error_class);
  if (report.ok) out.words = std::move(words);
  members.emplace("ok", report.ok);
  members.emplace("error_class", out.error_class);
  members.emplace("where", out.where);
  members.emplace("detail", out.detail);
  out.json = canonical_json(std::move(members));
  return out;
}

Result<model::TrustRoot> trust_root(const Trust& trust) {
  if (trust.trust_file.empty()) {
    return fail(Errc::invalid_input, "needs a trust file: a key alone proves no order");
  }
  auto root = model::parse_trust(trust.trust_file);
  if (!root) return fail_in("trust file", root.error());
  return root;
}

/// Whose signature counts, and for which log.
struct LogKey {
  ledger::NoteVerifier key;
  std::string origin;
};

Result<LogKey> log_key(const Trust& trust) {
  if (trust.trust_file.empty() == trust.log_key.empty()) {
    return fail(Errc::invalid_input, "give a trust file or the log's key, and not both");
  }
  if (trust.log_key.empty()) {
    const model::TrustRoot root = TRY(trust_root(trust));
    auto key = ledger::NoteVerifier::parse(root.ledger_key);
    if (!key) return fail_in("trust file: ledger_key", key.error());
    return LogKey{std::move(*key), root.ledger};
  }
  std::string_view text = trust.log_key;
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  ledger::NoteVerifier key = TRY(ledger::NoteVerifier::parse(text));
  std::string origin = key.name;
  return LogKey{std::move(key), std::move(origin)};
}

using gates::PolicyOrNone;

// What is asked of witnesses: by the policy that is given here, else by the trust file.
Result<PolicyOrNone> read_policy(const Policy& given, const Trust& trust,
                                 const Result<ledger::NoteVerifier>& log) {
  if (given) {
    auto policy = TRY(gates::policy_for("witness policy", *given, log));
    return PolicyOrNone(std::move(policy));
  }
  if (trust.trust_file.empty()) return PolicyOrNone();
  const model::TrustRoot root = TRY(trust_root(trust));
  return gates::trusted_policy(root);
}

const ledger::WitnessPolicy* pointer_to(const PolicyOrNone& policy) {
  return policy ? &*policy : nullptr;
}

verify::Cosigners asked_of(const PolicyOrNone& policy) {
  return policy ? verify::Cosigners::told : verify::Cosigners::not_asked_for;
}

/// Of a report that has no members of its own but size and root.
Verdict log_verdict(const ledger::LogReport& report, const std::string& words,
                    const PolicyOrNone& policy) {
  return verdict_of(report, words + verify::cosigners_in_words(report.cosigned, asked_of(policy)),
                    verify::log_members(report, asked_of(policy)));
}

Answer verify_by_key(ledger::LogFiles& files, const Trust& trust, const LogOptions& options) {
  if (options.snapshot)
    return bad_input("a snapshot needs a trust file: a key alone proves no order");
  if (options.index_keys) {
    return bad_input("index keys need a trust file: a key alone proves no entry");
  }
  const auto key = log_key(trust);
  if (!key) return problem(key.error());
  ledger::VerifyOptions wanted{.origin = key->origin, .since = options.since};
  wanted.progress = options.progress;
  const auto policy = read_policy(options.policy, trust, key->key);
  if (!policy) return problem(policy.error());
  wanted.witness_policy = pointer_to(*policy);
  const auto report = ledger::verify_log(files, key->key, wanted, ledger::EntryVisitor());
  if (!report) return problem(report.error());
  return verdict_of(*report, verify::log_in_words(*report, asked_of(*policy)),
                    verify::log_members(*report, asked_of(*policy)));
}

// Of another ledger they would find nothing, and that would look like an answer.
Result<std::vector<std::string>> read_index_keys(const std::optional<std::string>& text,
                                                 const model::TrustRoot& root) {
  if (!text) return std::vector<std::string>();
  auto keys = model::parse_index_keys(*text);
  if (!keys) return fail_in("index keys", keys.error());
  if (keys->ledger != root.ledger) {
    return fail(Errc::invalid_input, "the index keys are for another ledger");
  }
  return std::move(keys->keys);
}

Answer verify_by_trust(ledger::LogFiles& files, const Trust& trust, const LogOptions& options) {
  const auto root = trust_root(trust);
  if (!root) return problem(root.error());
  gates::AuditOptions wanted;
  if (options.snapshot) wanted.snapshot = *options.snapshot;
  wanted.since = options.since;
  wanted.progress = options.progress;
  const auto at = parse_moment(options.at.empty() ? "now" : options.at, SystemClock().now());
  if (!at) return problem(at.error());
  wanted.at = *at;
  auto keys = read_index_keys(options.index_keys, *root);
  if (!keys) return problem(keys.error());
  wanted.index_keys = std::move(*keys);
  // A key that cannot be read is the audit's to report.
  const auto policy =
      read_policy(options.policy, trust, ledger::NoteVerifier::parse(root->ledger_key));
  if (!policy) return problem(policy.error());
  wanted.witness_policy = pointer_to(*policy);
  const gates::AuditReport r = gates::audit_ledger(files, *root, wanted);
  Json::Object members = verify::audit_members(r, asked_of(*policy));
  std::string words = verify::audit_in_words(r, asked_of(*policy));
  if (options.index_keys) {
    verify::add_listed(members, r);
    words += verify::listed_in_words(r);
  }
  return verdict_of(r, std::move(words), std::move(members));
}

Json::Object bundle_members(const gates::BundleReport& r) {
  const model::Order& order = r.order.order;
  return Json::Object{{"order", r.digest.hex()},
                      {"kind", to_string(order.kind)},
                      {"ordered", model::order_in_words(order, r.digest)},
                      {"emergency", order.restriction && order.restriction->emergency},
                      {"lifts", order.lifts ? Json(order.lifts->hex()) : Json()},
                      {"approvals", r.standing.valid},
                      {"approvals_needed", r.standing.needed},
                      {"outside_needed", r.standing.outside_needed},
                      {"own_keys", r.standing.own_keys},
                      {"entry", r.entry_index},
                      {"in_force_at", format_time(r.in_force_at)},
                      {"governance_orders", r.governance_orders},
                      {"entries", r.checkpoint_size},
                      {"root", r.checkpoint_root.hex()}};
}

ledger::LogReport judge_proof(std::string_view proof_text, std::string_view entry,
                              const LogKey& key, const ledger::WitnessPolicy* policy) {
  const auto proof = ledger::parse_tlog_proof(proof_text);
  if (!proof) return ledger::report_of({"proof", "proof", proof.error().message});
  const auto checkpoint =
      ledger::open_as("checkpoint", "proof", proof->checkpoint, key.key, key.origin);
  if (!checkpoint) return ledger::report_of(checkpoint.error());
  const auto cosigned = ledger::judge_witnesses("proof", proof->checkpoint, policy);
  if (!cosigned) return ledger::report_of(cosigned.error());
  const auto included = ledger::verify_inclusion(
      proof->index, checkpoint->size, ledger::leaf_hash(entry), proof->hashes, checkpoint->root);
  if (!included) return ledger::report_of({"inclusion", "entry", included.error().message});
  return {true, "OK", "", "", checkpoint->size, checkpoint->root, *cosigned};
}

}  // namespace

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;

std::expected<Log, Problem> Log::open(const std::string& folder_or_url, const HttpOptions& http) {
  auto impl = std::make_unique<Impl>();
  if (folder_or_url.starts_with("http://") || folder_or_url.starts_with("https://")) {
    auto files = verify::HttpFiles::open(
        folder_or_url,
        {.file_time = http.file_time, .connections = http.connections, .ca_file = http.ca_file});
    if (!files) return problem(files.error());
    impl->files = std::move(*files);
    return Log(std::move(impl));
  }
  FileSystem& fs = real_file_system();
  if (folder_or_url.empty() || !fs.exists(folder_or_url)) {
    return bad_input(printable(folder_or_url) + ": no such folder");
  }
  impl->files =
      std::make_unique<ledger::FolderFiles>(fs, ledger::public_log_dir(fs, folder_or_url));
  return Log(std::move(impl));
}

Answer verify_log(Log& log, const Trust& trust, const LogOptions& options) {
  ledger::LogFiles& files = *log.impl().files;
  if (trust.trust_file.empty() == trust.log_key.empty()) {
    return bad_input("give a trust file or the log's key, and not both");
  }
  return trust.trust_file.empty() ? verify_by_key(files, trust, options)
                                  : verify_by_trust(files, trust, options);
}

Answer verify_consistency(Log& log, const Trust& trust, std::string_view earlier,
                          std::string_view later, const Policy& given) {
  const auto key = log_key(trust);
  if (!key) return problem(key.error());
  const auto policy = read_policy(given, trust, key->key);
  if (!policy) return problem(policy.error());
  const ledger::LogReport report =
      ledger::verify_growth(*log.impl().files, {.earlier = earlier,
                                                .later = later,
                                                .log_key = key->key,
                                                .origin = key->origin,
                                                .witness_policy = pointer_to(*policy)});
  return log_verdict(report,
                     "valid: the later checkpoint, of " + std::to_string(report.size) +
                         " entries, continues the earlier one\n",
                     *policy);
}

namespace {

/// Of a snapshot by itself: the number of its restrictions comes back in `restrictions`.
ledger::LogReport judge_snapshot(std::string_view text, const model::TrustRoot& root,
                                 const ledger::WitnessPolicy* policy, std::uint64_t& restrictions) {
  const auto parsed = model::parse_snapshot(text);
  if (!parsed) return ledger::report_of({"snapshot", "snapshot", parsed.error().message});
  const auto verified = gates::verify_snapshot(*parsed, root);
  if (!verified) return ledger::report_of({"snapshot", "snapshot", verified.error().message});
  const auto cosigned = ledger::judge_witnesses("snapshot checkpoint", parsed->checkpoint, policy);
  if (!cosigned) return ledger::report_of(cosigned.error());
  restrictions = verified->restrictions.size();
  return {true, "OK", "", "", verified->checkpoint_size, verified->checkpoint_root, *cosigned};
}

}  // namespace

Answer verify_snapshot(std::string_view snapshot, const Trust& trust, const Policy& given) {
  const auto root = trust_root(trust);
  if (!root) return problem(root.error());
  // A key that cannot be read is the verdict's to report.
  const auto policy = read_policy(given, trust, ledger::NoteVerifier::parse(root->ledger_key));
  if (!policy) return problem(policy.error());
  std::uint64_t restrictions = 0;
  const ledger::LogReport report =
      judge_snapshot(snapshot, *root, pointer_to(*policy), restrictions);
  Json::Object members = verify::log_members(report, asked_of(*policy));
  members.emplace("restrictions", restrictions);
  return verdict_of(report,
                    "valid: " + std::to_string(restrictions) +
                        " restrictions, under the log's checkpoint of " +
                        std::to_string(report.size) +
                        " entries\nWhat the snapshot leaves out only the whole log shows.\n" +
                        verify::cosigners_in_words(report.cosigned, asked_of(*policy)),
                    std::move(members));
}

Answer verify_bundle(std::string_view bundle, const Trust& trust, const Policy& given) {
  const auto root = trust_root(trust);
  if (!root) return problem(root.error());
  // A key that cannot be read is the verdict's to report.
  const auto policy = read_policy(given, trust, ledger::NoteVerifier::parse(root->ledger_key));
  if (!policy) return problem(policy.error());
  const gates::BundleReport report = gates::verify_order_bundle(bundle, *root, pointer_to(*policy));
  if (!report.ok) return verdict_of(report, "", Json::Object{});
  Json::Object members = bundle_members(report);
  verify::add_cosigners(members, report.cosigned, asked_of(*policy));
  return verdict_of(report,
                    gates::bundle_in_words(report) +
                        verify::cosigners_in_words(report.cosigned, asked_of(*policy)),
                    std::move(members));
}

Answer verify_list(std::string_view list, const Trust& trust, const Policy& given) {
  const auto root = trust_root(trust);
  if (!root) return problem(root.error());
  // A key that cannot be read is the verdict's to report.
  const auto policy = read_policy(given, trust, ledger::NoteVerifier::parse(root->ledger_key));
  if (!policy) return problem(policy.error());
  const gates::ListReport report = gates::verify_customer_list(list, *root, pointer_to(*policy));
  if (!report.ok) return verdict_of(report, "", Json::Object{});
  Json::Object members{{"listed", verify::items_json(report.entries)},
                       {"keys", report.keys},
                       {"complete_to", report.covered},
                       {"entries", report.checkpoint_size},
                       {"root", report.checkpoint_root.hex()}};
  verify::add_cosigners(members, report.cosigned, asked_of(*policy));
  return verdict_of(
      report,
      gates::list_in_words(report) + verify::cosigners_in_words(report.cosigned, asked_of(*policy)),
      std::move(members));
}

Answer verify_proof(std::string_view proof, std::string_view entry, const Trust& trust,
                    const Policy& given) {
  const auto key = log_key(trust);
  if (!key) return problem(key.error());
  const auto policy = read_policy(given, trust, key->key);
  if (!policy) return problem(policy.error());
  const ledger::LogReport report = judge_proof(proof, entry, *key, pointer_to(*policy));
  return log_verdict(report,
                     "valid: the entry is in the log, under its checkpoint of " +
                         std::to_string(report.size) + " entries\n",
                     *policy);
}

}  // namespace proviso::ledger_verify
