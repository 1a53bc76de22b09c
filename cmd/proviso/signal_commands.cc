// SPDX-License-Identifier: Apache-2.0
// signal: what rules found, what it rests on, and the proof that it follows from the logs.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "cases/signal_store.h"
#include "context.h"
#include "server/pseudonym.h"
#include "server/reproduce.h"
#include "server/shadow.h"

namespace proviso::cmd {
namespace {

struct SignalOptions {
  std::string id;
  bool shadow = false;
  server::ReproduceInputs inputs;
};

std::string text_of(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  if (value == nullptr) return "";
  if (const std::string* s = value->if_string()) return *s;
  return canonical_json(*value);
}

// Without a case nobody may see whose usage it is (I14): a shadow's signal shows pseudonyms.
Json hidden(const Json& document, const server::Pseudonyms& pseudonyms) {
  Json out = document;
  Json::Object& members = *out.if_object();
  members.insert_or_assign("subscription", pseudonyms.of(text_of(document, "subscription")));
  members.insert_or_assign("facts", nullptr);
  const Json* group = document.find("group");
  Json::Object shown;
  if (group != nullptr && group->if_object() != nullptr) {
    for (const auto& [name, value] : *group->if_object()) {
      const bool plain = server::Pseudonyms::is_harmless(name);
      shown.emplace(name, plain ? value : Json(pseudonyms.of(text_of(*group, name))));
    }
  }
  members.insert_or_assign("group", std::move(shown));
  return out;
}

// No subscription and no figure of its use: a list is no look at a customer (I14).
Result<int> list(const SignalOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  const auto kind = options.shadow ? cases::SignalKind::shadow : cases::SignalKind::raised;
  const auto rows = TRY(cases::list_signals(folder->record().database(), kind));
  for (const cases::SignalRow& row : rows) {
    const std::string title = text_of(row.document, "title");
    const std::string from = text_of(row.figures, "from");
    const std::string to = text_of(row.figures, "to");
    context.print(Json::Object{{"signal", row.id},
                               {"rule", text_of(row.document, "rule")},
                               {"title", title},
                               {"case", row.case_id},
                               {"from", from},
                               {"to", to},
                               {"shadow", options.shadow}},
                  format("{}  {} to {}  {}  {}\n", row.id.substr(0, 12), from, to,
                         options.shadow ? "shadow" : row.case_id, title));
  }
  if (rows.empty() && !context.json) std::printf("no signals\n");
  return kDone;
}

std::string events_in_words(const Json& figures) {
  const Json* events = figures.find("events");
  if (events == nullptr) return "";
  std::string out = format("  {} events; by key", text_of(*events, "total"));
  for (const std::string_view part : {"first", "last"}) {
    const Json* keys = events->find(part);
    if (keys == nullptr || keys->if_array() == nullptr) continue;
    out += format("\n    {}:", part);
    for (const Json& key : *keys->if_array()) out += " " + key.if_string()->substr(0, 12);
  }
  return out + "\n";
}

std::string inputs_in_words(const Json& figures) {
  const Json* inputs = figures.find("inputs");
  if (inputs == nullptr || inputs->if_array() == nullptr) return "";
  std::string out;
  for (const Json& one : *inputs->if_array()) {
    const std::string head = text_of(one, "head").substr(0, 12);
    out += format("  input {}, records {} to {}, run {}\n", head.empty() ? "(a pipe)" : head,
                  text_of(one, "first"), text_of(one, "last"), text_of(one, "run"));
  }
  return out;
}

std::string in_words(const cases::SignalRow& row, const Json& document,
                     const std::string& pseudonym) {
  const Json* version = document.find("rule_version");
  std::string out = format("signal {}: {}\n", row.id, text_of(document, "title"));
  out += format("  rule {}, level {}, author {}\n", text_of(document, "rule"),
                text_of(document, "level"), text_of(document, "author"));
  if (!row.case_id.empty()) {
    out += format("  evidence {}\n", sha256(canonical_json(document)).hex().substr(0, 12));
  }
  if (version != nullptr) {
    out += format("  version {} of {}\n", text_of(*version, "definition").substr(0, 12),
                  text_of(*version, "modified"));
  }
  out += format("  terms {}, {}\n", text_of(document, "terms"),
                row.case_id.empty() ? "a shadow's: no case" : "case " + row.case_id);
  out += format("  subscription {}, group {} (in trials: {})\n", text_of(document, "subscription"),
                text_of(document, "group"), pseudonym);
  out += format("  from {} to {}, window {} s\n", text_of(row.figures, "from"),
                text_of(row.figures, "to"), text_of(row.figures, "window_s"));
  out += format("  first {}, last {}, peak {}, {} firings\n", text_of(row.figures, "value_first"),
                text_of(row.figures, "value_last"), text_of(row.figures, "value_peak"),
                text_of(row.figures, "firings"));
  out += events_in_words(row.figures) + inputs_in_words(row.figures);
  for (const std::string_view name : {"rulebook", "field_policy", "catalogue"}) {
    out += format("  {} {}\n", name, text_of(document, name).substr(0, 12));
  }
  return out + "  No content was read: this is usage metadata only.\n";
}

// I14: on record before anybody is shown whose usage it is.
Result<void> record_look(server::DataFolder& folder, const cases::SignalRow& row) {
  if (row.case_id.empty()) return {};
  return folder.casework().record_look(model::CaseId(row.case_id));
}

Result<int> show(const SignalOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  cases::SignalRow row = TRY(cases::find_signal(folder->record().database(), options.id));
  TRY_VOID(record_look(*folder, row));
  const server::Pseudonyms pseudonyms(folder->hash_key());
  const std::string pseudonym = pseudonyms.of(text_of(row.document, "subscription"));
  if (row.case_id.empty()) row.document = hidden(row.document, pseudonyms);
  context.print(Json::Object{{"document", row.document}, {"figures", row.figures}},
                in_words(row, row.document, pseudonym));
  return kDone;
}

Result<int> reproduce(const SignalOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  const cases::SignalRow row = TRY(cases::find_signal(folder->record().database(), options.id));
  TRY_VOID(record_look(*folder, row));
  const server::Reproduction made = TRY(server::reproduce(*folder, row, options.inputs));
  for (const std::string& remark : made.remarks) {
    std::fprintf(stderr, "note: %s\n", remark.c_str());
  }
  if (made.same()) {
    // The bytes themselves, so that anybody can compare them with those of `signal show --json`.
    context.print(TRY(parse_json(made.made)), format("reproduced: the same {} bytes, SHA-256 {}\n",
                                                     made.made.size(), sha256(made.made).hex()));
    return kDone;
  }
  std::string text = "not reproduced:\n";
  for (const std::string& difference : made.differences) text += "  " + difference + "\n";
  context.print(
      Json::Object{{"same", false},
                   {"differences", Json::Array(made.differences.begin(), made.differences.end())}},
      text);
  return kFailed;
}

std::string spans_in_words(const char* what, const std::vector<server::SignalSpan>& spans,
                           const server::Pseudonyms& names) {
  std::string out;
  for (const server::SignalSpan& s : spans) {
    out += format("  {}: {}  {} to {}  {}\n", what, s.id.substr(0, 12), format_time_exact(s.from),
                  format_time_exact(s.to), names.of(s.subscription));
  }
  return out;
}

Result<int> compare(Context& context) {
  auto folder = TRY(context.folder());
  const auto program = TRY(server::folder_program(*folder));
  const server::Pseudonyms names(folder->hash_key());
  const auto reports = TRY(server::compare_shadows(*folder, *program));
  for (const server::ShadowReport& r : reports) {
    const auto& d = r.difference;
    context.print(Json::Object{{"rule", r.rule},
                               {"title", r.title},
                               {"shadow_of", r.shadow_of},
                               {"since", format_time_exact(r.since)},
                               {"both", static_cast<std::int64_t>(d.both)},
                               {"only_shadow", server::spans_json(d.only_new, names)},
                               {"only_in_force", server::spans_json(d.only_old, names)}},
                  shadow_in_words(r) + spans_in_words("only the shadow", d.only_new, names) +
                      spans_in_words("only the rule in force", d.only_old, names));
  }
  if (reports.empty() && !context.json) std::printf("no shadow rules\n");
  return kDone;
}

}  // namespace

std::string shadow_in_words(const server::ShadowReport& r) {
  const auto& d = r.difference;
  if (r.shadow_of.empty()) return format("shadow {}: {} signals\n", r.title, d.only_new.size());
  return format("shadow {} beside {}: {} by both, {} only by the shadow, {} only in force\n",
                r.title, r.shadow_of, d.both, d.only_new.size(), d.only_old.size());
}

Json shadow_in_numbers(const server::ShadowReport& r) {
  return Json::Object{{"rule", r.rule},
                      {"shadow_of", r.shadow_of},
                      {"both", static_cast<std::int64_t>(r.difference.both)},
                      {"only_shadow", static_cast<std::int64_t>(r.difference.only_new.size())},
                      {"only_in_force", static_cast<std::int64_t>(r.difference.only_old.size())}};
}

void add_signal_commands(CLI::App& app, Context& context) {
  auto o = std::make_shared<SignalOptions>();
  auto* group = app.add_subcommand("signal", "what rules found, and what it rests on");
  group->require_subcommand(1);
  auto* list_command = group->add_subcommand("list", "all signals, with their cases");
  list_command->add_flag("--shadow", o->shadow, "those of shadow rules, which open no case");
  list_command->callback([o, &context] { context.run([&] { return list(*o, context); }); });
  auto* show_command = group->add_subcommand("show", "one signal (the look is recorded, I14)");
  show_command->add_option("ID", o->id, "the signal, or the beginning of its id")->required();
  show_command->callback([o, &context] { context.run([&] { return show(*o, context); }); });
  auto* again = group->add_subcommand(
      "reproduce", "make a signal again from its logs: the same bytes, or what differs");
  again->add_option("ID", o->id, "the signal, or the beginning of its id")->required();
  again->add_option("LOG", o->inputs.logs, "the logs that it names, in any order")->required();
  again->add_option("--format", o->inputs.format, "as in the review");
  again->add_option("--subscription", o->inputs.subscription, "as in the review");
  again->callback([o, &context] { context.run([&] { return reproduce(*o, context); }); });
  auto* compare_command =
      group->add_subcommand("compare", "shadow rules beside those that they are to replace");
  compare_command->callback([&context] { context.run([&] { return compare(context); }); });
}

}  // namespace proviso::cmd
