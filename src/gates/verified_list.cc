// SPDX-License-Identifier: Apache-2.0
#include "gates/verified_list.h"

#include <algorithm>
#include <expected>
#include <utility>

#include "base/encoding.h"
#include "gates/proven_entry.h"
#include "gates/trusted_policy.h"
#include "ledger/finding.h"
#include "model/sealed.h"

namespace proviso::gates {
namespace {

using ledger::Finding;
using Check = std::expected<void, Finding>;

std::unexpected<Finding> found(std::string error_class, std::string where, std::string what) {
  return std::unexpected(Finding{std::move(error_class), std::move(where), std::move(what)});
}

std::string item(const std::string& name, std::size_t number) {
  return name + "[" + std::to_string(number) + "]";
}

/// Works through a list from the trust root to the last proof of absence.
class Verifier {
 public:
  Verifier(const model::CustomerList& list, const model::TrustRoot& trust,
           const ledger::WitnessPolicy* policy)
      : list_(list), trust_(trust), policy_(policy) {}

  Check run(ListReport& out) {
    if (auto done = open_checkpoint(out); !done) return done;
    if (auto done = read_index(); !done) return done;
    for (std::size_t i = 0; i < list_.keys.size(); ++i) {
      if (auto done = read_key(list_.keys[i], item("keys", i), out); !done) return done;
    }
    std::ranges::sort(out.entries, {}, &ListScan::Item::index);
    out.keys = list_.keys.size();
    out.covered = segments_.empty() ? 0 : segments_.back().to;
    out.checkpoint_size = checkpoint_.size;
    out.checkpoint_root = checkpoint_.root;
    return {};
  }

 private:
  Check open_checkpoint(ListReport& out) {
    const auto key = ledger::NoteVerifier::parse(trust_.ledger_key);
    if (!key) return found("trust", "ledger_key", key.error().message);
    auto checkpoint =
        ledger::open_as("checkpoint", "checkpoint", list_.checkpoint, *key, trust_.ledger);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    checkpoint_ = std::move(*checkpoint);
    auto cosigned = ledger::judge_witnesses("checkpoint", list_.checkpoint, policy_);
    if (!cosigned) return std::unexpected(cosigned.error());
    out.cosigned = std::move(*cosigned);
    const auto genesis = proven_genesis(list_.genesis, checkpoint_, trust_);
    if (!genesis) return found("trust", "genesis", genesis.error().message);
    return {};
  }

  Check read_index() {
    for (std::size_t i = 0; i < list_.index.size(); ++i) {
      const std::string where = item("index", i);
      const auto entry = proven_entry(list_.index[i], checkpoint_, trust_);
      if (!entry) return found("entry", where, entry.error().message);
      if (entry->kind != model::entry_kind::index_published) {
        return found("index", where, "is no index entry");
      }
      const auto index = model::parse_index_published(entry->public_part);
      if (!index) return found("index", where, index.error().message);
      const std::uint64_t begin = segments_.empty() ? 0 : segments_.back().to;
      if (index->from != begin || index->to > list_.index[i].index) {
        return found("index", where, "does not go on where the one before it ended");
      }
      segments_.push_back(*index);
    }
    if (segments_.empty()) return found("index", "index", "there is none: nothing is complete");
    return {};
  }

  Check read_key(const model::ListedKey& key, const std::string& where, ListReport& out) {
    const model::IndexTags tags(key.key);
    std::uint64_t latest = 0;
    for (std::size_t n = 0; n < key.entries.size(); ++n) {
      const model::ListedEntry& listed = key.entries[n];
      const std::string place = item(where + ".entries", n);
      auto entry = proven_entry(listed.entry, checkpoint_, trust_);
      if (!entry) return found("entry", place, entry.error().message);
      const Digest tag = tags.of(n);
      const auto has = model::tag_of(entry->public_part);
      if (!has || *has != tag) return found("entry", place, "has not the tag of its number");
      if (listed.entry.index <= latest) {
        return found("entry", place, "does not stand in the log after the one before it");
      }
      latest = listed.entry.index;
      if (auto done = check_place(listed, tag, place); !done) return done;
      out.entries.push_back({listed.entry.index, std::move(*entry)});
    }
    const Digest next = tags.of(key.entries.size());
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const auto absent = check_absent(key.absent[i], next, segments_[i]);
      if (!absent) return found("index", item(where + ".absent", i), absent.error().message);
    }
    return {};
  }

  Check check_place(const model::ListedEntry& listed, const Digest& tag, const std::string& where) {
    const auto segment = std::ranges::find_if(segments_, [&](const model::IndexPublished& s) {
      return listed.entry.index >= s.from && listed.entry.index < s.to;
    });
    if (segment == segments_.end()) return found("index", where, "no index entry covers it");
    const auto proven = in_index(*segment, tag, listed.entry.index, listed.in_index);
    if (!proven) return found("index", where, proven.error().message);
    return {};
  }

  static Result<void> in_index(const model::IndexPublished& segment, const Digest& tag,
                               std::uint64_t entry, const model::IndexPlace& place) {
    return ledger::verify_inclusion(place.place, segment.tags,
                                    ledger::leaf_hash(model::index_leaf(tag, entry)), place.path,
                                    segment.root);
  }

  // The leaves are sorted, which everyone who reads the log can see: what stands one place apart
  // has nothing between it.
  static Result<void> check_absent(const model::Absence& absent, const Digest& tag,
                                   const model::IndexPublished& segment) {
    std::uint64_t next = 0;
    if (absent.before) {
      const model::Neighbour& n = *absent.before;
      if (n.tag >= tag) return fail(Errc::denied, "`before` does not stand before the next tag");
      TRY_VOID(in_index(segment, n.tag, n.entry, n.in_index));
      next = n.in_index.place + 1;
    }
    if (!absent.after) {
      if (next == segment.tags) return {};
      return fail(Errc::denied, "there is more after `before`");
    }
    const model::Neighbour& n = *absent.after;
    if (n.tag <= tag) return fail(Errc::denied, "`after` does not stand after the next tag");
    if (n.in_index.place != next) return fail(Errc::denied, "there is more between the two");
    return in_index(segment, n.tag, n.entry, n.in_index);
  }

  const model::CustomerList& list_;
  const model::TrustRoot& trust_;
  const ledger::WitnessPolicy* policy_;
  ledger::Checkpoint checkpoint_;
  std::vector<model::IndexPublished> segments_;
};

ListReport refused(const Finding& finding) {
  ListReport report;
  report.error_class = finding.error_class;
  report.where = finding.where;
  report.detail = finding.detail;
  return report;
}

std::string member(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  return value != nullptr && value->if_string() != nullptr ? printable(*value->if_string())
                                                           : std::string();
}

// What an entry's public part names: its case, its order.
std::string subjects(const Json& public_part) {
  std::string out;
  for (const std::string_view name : {"case", "order"}) {
    const std::string text = member(public_part, name);
    if (!text.empty()) out += "  " + std::string(name) + " " + text;
  }
  return out;
}

}  // namespace

std::string entry_in_words(std::uint64_t index, const model::Entry& entry) {
  std::string out = "entry " + std::to_string(index) + "  " + format_time(entry.time) + "  " +
                    printable(entry.kind);
  if (entry.kind != model::entry_kind::opened) return out + subjects(entry.public_part);
  const Json* content = entry.public_part.find("content");
  // A list is read without its log, which alone shows that there is such a content.
  if (content == nullptr || content->if_object() == nullptr) return out;
  if (*content == model::cover_content()) return out;
  out += ": " + member(*content, "kind") + " of " + member(*content, "time");
  const Json* inner = content->find("public");
  return inner == nullptr ? out : out + subjects(*inner);
}

ListReport verify_customer_list(std::string_view text, const model::TrustRoot& trust,
                                const ledger::WitnessPolicy* policy) {
  const auto list = model::parse_customer_list(text);
  if (!list) return refused({"list", "list", list.error().message});
  const auto trusted = trusted_policy(trust);
  if (!trusted && policy == nullptr) {
    return refused({"trust", "witnesses", trusted.error().message});
  }
  if (policy == nullptr && *trusted) policy = &**trusted;
  ListReport report;
  const Check result = Verifier(*list, trust, policy).run(report);
  if (!result) return refused(result.error());
  report.ok = true;
  report.error_class = "OK";
  return report;
}

std::string list_in_words(const ListReport& report) {
  std::string out = "valid: " + std::to_string(report.entries.size()) +
                    " entries under these index keys (" + std::to_string(report.keys) +
                    "), and no other among the log's first " + std::to_string(report.covered) +
                    " entries\n";
  for (const ListScan::Item& listed : report.entries) {
    out += "  " + entry_in_words(listed.index, listed.entry) + "\n";
  }
  return out + "Proven under the log's signed checkpoint of " +
         std::to_string(report.checkpoint_size) + " entries, root " + report.checkpoint_root.hex() +
         "\nThis file does not show that the index is right, nor what came later: the whole log "
         "does (ledger-verify log --index-key).\n";
}

}  // namespace proviso::gates
