// SPDX-License-Identifier: Apache-2.0
#include "server/reproduce.h"

#include <optional>

#include "decisions/order_store.h"
#include "server/hash_seed.h"
#include "server/kept_documents.h"
#include "server/replay.h"
#include "server/rulebook.h"
#include "server/signal_document.h"

// Why the bytes come out the same: an event's key and its place among events of one time depend
// only on the records and their order; windows take what `from` and later brings, and every input
// that can hold such an event is named; an input waits as long as it waited then, and the end of a
// run is judged as review judges it; what rules know of the customer stands in the signal. A signal
// goes on, so the re-run is looked at when it has fired as often as the stored one.
namespace proviso::server {
namespace {

// An input as the signal names it.
struct NamedInput {
  std::string head;
  std::uint64_t head_bytes = 0;
  std::uint64_t last = 0;
  std::uint64_t run = 0;
  std::int64_t waits_s = 0;
  std::int64_t bound_s = 0;
  [[nodiscard]] Duration lateness() const {
    return waits_s < 0 ? Duration::max() : Duration(std::chrono::seconds(waits_s));
  }
  std::string path;  ///< the log that begins like it; empty where none was given
};

struct Named {
  std::string id;
  std::string subscription;
  SignalOrigin origin;
  Json facts;
  std::uint64_t firings = 0;
  std::vector<NamedInput> inputs;
  std::int64_t left_out = 0;
};

const Json& member(const Json& value, std::string_view name) {
  static const Json nothing;
  const Json* found = value.find(name);
  return found == nullptr ? nothing : *found;
}

std::string text(const Json& value, std::string_view name) {
  const std::string* found = member(value, name).if_string();
  return found == nullptr ? "" : *found;
}

std::int64_t integer(const Json& value, std::string_view name) {
  const std::int64_t* found = member(value, name).if_int();
  return found == nullptr ? 0 : *found;
}

Result<Named> read_named(const cases::SignalRow& row) {
  Named out{.id = row.id,
            .subscription = text(row.document, "subscription"),
            .origin = {},
            .facts = member(row.document, "facts"),
            .firings = static_cast<std::uint64_t>(integer(row.figures, "firings")),
            .inputs = {},
            .left_out = integer(row.figures, "inputs_left_out")};
  const Json::Array* inputs = member(row.figures, "inputs").if_array();
  if (text(row.document, "rulebook").empty() || inputs == nullptr) {
    return fail(Errc::not_found,
                "the signal is of an older version of proviso and does not name its rulebook");
  }
  out.origin.rulebook = TRY(Digest::from_hex(text(row.document, "rulebook")));
  out.origin.field_policy = TRY(Digest::from_hex(text(row.document, "field_policy")));
  out.origin.catalogue = TRY(Digest::from_hex(text(row.document, "catalogue")));
  for (const Json& one : *inputs) {
    out.inputs.push_back({.head = text(one, "head"),
                          .head_bytes = static_cast<std::uint64_t>(integer(one, "head_bytes")),
                          .last = static_cast<std::uint64_t>(integer(one, "last")),
                          .run = static_cast<std::uint64_t>(integer(one, "run")),
                          .waits_s = integer(one, "waits_s"),
                          .bound_s = integer(one, "bound_s"),
                          .path = {}});
  }
  return out;
}

// Finds for each named input the log that begins like it. A stream has no beginning that was kept:
// it takes what is left over, in order.
Result<void> find_logs(Named& named, std::vector<std::string> logs, Reproduction& out) {
  for (NamedInput& input : named.inputs) {
    for (std::size_t i = 0; i < logs.size() && !input.head.empty() && input.path.empty(); ++i) {
      if (TRY(head_of(logs[i], input.head_bytes)) != input.head) continue;
      input.path = logs[i];
      logs.erase(logs.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  for (NamedInput& input : named.inputs) {
    if (!input.path.empty() || !input.head.empty() || logs.empty()) continue;
    input.path = logs.front();
    logs.erase(logs.begin());
    out.remarks.push_back(input.path + " is taken for what came through a pipe");
  }
  for (const NamedInput& input : named.inputs) {
    if (!input.path.empty()) continue;
    out.differences.push_back("inputs: no log here begins like the one with head " +
                              input.head.substr(0, 12) + " (give all " +
                              std::to_string(named.inputs.size()) + ")");
  }
  for (const std::string& log : logs)
    out.remarks.push_back(log + " is none of the signal's inputs");
  if (named.left_out > 0) {
    out.differences.push_back("inputs: " + std::to_string(named.left_out) +
                              " more were read than a signal lists");
  }
  return {};
}

Result<RuleSetting> kept_setting(DataFolder& folder, const SignalOrigin& origin) {
  RuleSetting setting;
  for (const KeptFile& file : TRY(kept_folder(folder, origin.field_policy))) {
    auto policy = TRY(intake::parse_field_policy(file.name, file.content));
    TRY_VOID(setting.policies.add(std::move(policy)));
  }
  const std::string catalogue =
      TRY(decisions::read_document(folder.record().database(), origin.catalogue));
  const Json document = TRY(parse_json(catalogue));
  setting.catalogue = TRY(model::Catalogue::parse(document));
  return setting;
}

Result<std::shared_ptr<const rules::Program>> kept_program(DataFolder& folder,
                                                           const SignalOrigin& origin,
                                                           const RuleSetting& setting) {
  std::vector<rules::RuleSource> sources;
  for (KeptFile& file : TRY(kept_folder(folder, origin.rulebook))) {
    sources.push_back({.name = std::move(file.name), .text = std::move(file.content)});
  }
  const rules::RulebookPolicy policy = rulebook_policy(setting.policies, nullptr);
  rules::Loaded loaded = rules::compile_rules(std::move(sources), &policy);
  if (loaded.program) return std::move(loaded.program);
  return fail(Errc::conflict, "the rulebook of that time does not load in this version: " +
                                  (loaded.diagnostics.all().empty()
                                       ? "it is empty"
                                       : loaded.diagnostics.all().front().to_string()));
}

// The signal after as many firings as the stored one has.
struct Found {
  std::optional<signals::Signal> signal;
  rules::RuleIndex rule{};
};

class Rerun {
 public:
  Rerun(DataFolder& folder, const Named& named, const ReproduceInputs& inputs,
        const RuleSetting& setting, std::shared_ptr<const rules::Program> program)
      : folder_(folder),
        named_(named),
        inputs_(inputs),
        setting_(setting),
        program_(std::move(program)) {}

  // `reviewed`: whether the customer had an open case from the beginning.
  Result<Found> run(bool reviewed) {
    ReplayOptions options;
    options.hash_key = folder_.hash_key();
    options.format = inputs_.format;
    options.subscription = inputs_.subscription;
    options.hash_seed = hash_seed(folder_.hash_key());
    if (!named_.inputs.empty()) options.lateness = named_.inputs.front().lateness();
    Json facts = named_.facts;
    if (Json::Object* members = facts.if_object()) {
      members->insert_or_assign("under_review", reviewed);
      options.pinned.emplace(named_.subscription, facts);
    }
    Replay replay(program_, setting_, folder_.customers(), std::move(options));
    Found found;
    rules::RuleIndex rule{};
    replay.on_firing = [&](const signals::Firing& f) { rule = f.rule; };
    replay.on_signal = [&](const signals::Signal& s) {
      if (s.id != named_.id || s.firings > named_.firings) return;
      found = {s, rule};
    };
    for (std::size_t i = 0; i < named_.inputs.size(); ++i) {
      const NamedInput& input = named_.inputs[i];
      if (input.path.empty()) continue;
      TRY_VOID(replay.read(input.path, input.last));
      if (i + 1 == named_.inputs.size() || named_.inputs[i + 1].run == input.run) continue;
      const auto bound = std::chrono::seconds(input.bound_s);
      TRY_VOID(replay.next_run(bound, named_.inputs[i + 1].lateness()));
    }
    replay.flush();
    return found;
  }

  [[nodiscard]] std::string bytes(const Found& found, const cases::SignalRow& row) const {
    if (!found.signal) return "";
    const rules::RuleInfo& rule = program_->rule(found.rule);
    InputTrail::Listed inputs;
    inputs.inputs = *member(row.figures, "inputs").if_array();
    inputs.left_out = static_cast<std::uint64_t>(named_.left_out);
    return canonical_json(Json::Object{
        {"document", signal_document(*found.signal, rule, named_.origin, named_.facts)},
        {"figures", signal_figures(*found.signal, *program_, found.rule, std::move(inputs))}});
  }

 private:
  DataFolder& folder_;
  const Named& named_;
  const ReproduceInputs& inputs_;
  const RuleSetting& setting_;
  std::shared_ptr<const rules::Program> program_;
};

// Member by member, with the path to each that is not the same.
void differences(const std::string& path, const Json& stored, const Json& made,
                 std::vector<std::string>& out) {
  if (stored == made) return;
  const Json::Object* a = stored.if_object();
  const Json::Object* b = made.if_object();
  if (a == nullptr || b == nullptr) {
    out.push_back(path + ": was " + canonical_json(stored) + ", is now " + canonical_json(made));
    return;
  }
  for (const auto& [name, value] : *a)
    differences(path + "." + name, value, member(made, name), out);
  for (const auto& [name, value] : *b) {
    if (!a->contains(name)) out.push_back(path + "." + name + ": was not there");
  }
}

Result<void> compare(const cases::SignalRow& row, Reproduction& out) {
  if (out.made.empty()) {
    out.differences.push_back("the rule does not fire so for this group on these records");
    return {};
  }
  const Json made = TRY(parse_json(out.made));
  differences("document", row.document, member(made, "document"), out.differences);
  differences("figures", row.figures, member(made, "figures"), out.differences);
  return {};
}

// What has changed since: nothing that the re-run used, but a reader should know it.
Result<void> remark_changes(DataFolder& folder, const Named& named, Reproduction& out) {
  const model::Governance governance = TRY(decisions::read_governance(folder.record().database()));
  const model::Documents& now = governance.documents();
  const auto note = [&](const Digest& then, const Digest& is, const char* what) {
    if (then == is) return;
    out.remarks.push_back(std::string("the ") + what + " in force is another by now");
  };
  note(named.origin.rulebook, now.rulebook, "rulebook");
  note(named.origin.field_policy, now.field_policy, "field policy");
  note(named.origin.catalogue, now.catalogue, "catalogue");
  if (named.facts.is_null()) return {};
  CustomerFacts facts(folder.customers());
  Json today = facts.describe(named.subscription);
  if (Json::Object* members = today.if_object()) {
    members->insert_or_assign("under_review", member(named.facts, "under_review"));
  }
  std::vector<std::string> changed;
  differences("facts", named.facts, today, changed);
  for (const std::string& one : changed) {
    out.remarks.push_back("the register has changed, the signal's own facts were used: " + one);
  }
  return {};
}

}  // namespace

std::string signal_bytes(const cases::SignalRow& row) {
  return canonical_json(Json::Object{{"document", row.document}, {"figures", row.figures}});
}

Result<Reproduction> reproduce(DataFolder& folder, const cases::SignalRow& row,
                               const ReproduceInputs& inputs) {
  Reproduction out;
  out.stored = signal_bytes(row);
  Named named = TRY(read_named(row));
  TRY_VOID(find_logs(named, inputs.logs, out));
  const RuleSetting setting = TRY(kept_setting(folder, named.origin));
  auto program = TRY(kept_program(folder, named.origin, setting));
  TRY_VOID(remark_changes(folder, named, out));
  Rerun rerun(folder, named, inputs, setting, std::move(program));
  // A customer under review when the signal opened was so from the beginning, by an older case, or
  // became so on the way, by another signal of the same records: the bytes tell.
  const bool* reviewed = member(named.facts, "under_review").if_bool();
  const bool was_reviewed = reviewed != nullptr && *reviewed;
  out.made = rerun.bytes(TRY(rerun.run(was_reviewed)), row);
  if (!out.same() && was_reviewed) {
    const std::string other = rerun.bytes(TRY(rerun.run(false)), row);
    if (other == out.stored) out.made = other;
  }
  if (!out.same()) TRY_VOID(compare(row, out));
  return out;
}

}  // namespace proviso::server
