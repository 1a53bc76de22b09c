// SPDX-License-Identifier: Apache-2.0
// report, case: what people see and say.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "context.h"

namespace proviso::cmd {
namespace {

struct CaseOptions {
  std::string id;
  std::string source;
  std::string about;
  std::string file;
  std::string element;
  std::string verdict;
  std::vector<std::string> evidence;
  std::string evidence_class;
  std::string independence;
  std::string reason;
};

Result<int> report_add(const CaseOptions& options, Context& context) {
  const std::string text = TRY(read_input_file(options.file));
  auto folder = TRY(context.folder());
  const auto report = TRY(folder->casework().add_report(options.source, options.about, text));
  context.print(
      Json::Object{
          {"report", report.id}, {"digest", report.digest}, {"case", report.case_id.value}},
      format("report {} is received: digest {}, case {}\n", report.id, report.digest,
             report.case_id.value));
  return kDone;
}

Result<int> case_list(Context& context) {
  auto folder = TRY(context.folder());
  const auto rows = TRY(folder->casework().list());
  for (const cases::CaseRow& row : rows) {
    context.print(Json::Object{{"id", row.id.value},
                               {"customer", row.customer.value},
                               {"state", row.state},
                               {"term_group", row.term_group},
                               {"opened_at", row.opened_at}},
                  format("{}  {:<9}  {}  {}\n", row.id.value, row.state, row.customer.value,
                         row.term_group.empty() ? "-" : row.term_group));
  }
  if (rows.empty() && !context.json) std::printf("no cases\n");
  return kDone;
}

std::string text_of(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  if (value == nullptr) return "";
  if (const std::string* s = value->if_string()) return *s;
  return canonical_json(*value);
}

std::string case_in_words(const Json& c) {
  std::string out = format("case {}\n  customer {}, terms {}, {}, opened {}\n", text_of(c, "id"),
                           text_of(c, "customer"), text_of(c, "term_group"), text_of(c, "state"),
                           text_of(c, "opened_at"));
  if (c.find("counsel")->if_string() != nullptr) {
    out += format("  directed by counsel: its texts are sealed to key {}\n",
                  text_of(c, "counsel").substr(0, 12));
  }
  for (const Json& s : *c.find("signals")->if_array()) {
    out += format(
        "  signal {} (evidence {}): {}\n    subscription {}, from {} to {}, peak {}, author {}\n",
        text_of(s, "signal").substr(0, 12), text_of(s, "digest").substr(0, 12), text_of(s, "title"),
        text_of(s, "subscription"), text_of(*s.find("figures"), "from"),
        text_of(*s.find("figures"), "to"), text_of(*s.find("figures"), "value_peak"),
        text_of(s, "author"));
    out += format("    proviso signal show {}: its rule's version, events and inputs\n",
                  text_of(s, "signal").substr(0, 12));
  }
  for (const Json& e : *c.find("evidence")->if_array()) {
    out += format("  evidence {}: {} ({})\n", text_of(e, "digest"), text_of(e, "class"),
                  text_of(e, "independence"));
  }
  for (const Json& f : *c.find("findings")->if_array()) {
    out += format("  finding {}: {}{}\n", text_of(f, "element"), text_of(f, "verdict"),
                  text_of(f, "corroborated") == "true" ? ", corroborated" : "");
  }
  for (const Json& o : *c.find("orders")->if_array()) {
    out += format("  order {}: {}, {}\n", text_of(o, "digest"), text_of(o, "kind"),
                  text_of(o, "state"));
  }
  return out + "  No content was read: this is usage metadata only.\n";
}

Result<int> case_show(const CaseOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  const Json c = TRY(folder->casework().show(model::CaseId(options.id)));
  context.print(c, case_in_words(c));
  return kDone;
}

Result<int> case_evidence(const CaseOptions& options, Context& context) {
  const std::string content = TRY(read_input_file(options.file));
  auto folder = TRY(context.folder());
  const std::string digest = TRY(folder->casework().add_evidence(
      model::CaseId(options.id), options.evidence_class, options.independence, content));
  context.print(Json::Object{{"digest", digest}}, format("evidence {}\n", digest));
  return kDone;
}

Result<int> case_finding(const CaseOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  TRY_VOID(folder->casework().add_finding(model::CaseId(options.id), options.element,
                                          options.verdict, options.evidence));
  context.print(Json::Object{{"element", options.element}, {"verdict", options.verdict}},
                format("finding {}: {}\n", options.element, options.verdict));
  return kDone;
}

Result<int> case_close(const CaseOptions& options, Context& context) {
  const std::string reason = TRY(read_input_file(options.reason));
  auto folder = TRY(context.folder());
  TRY_VOID(folder->casework().close(model::CaseId(options.id), reason));
  context.print(Json::Object{{"id", options.id}, {"state", "closed"}},
                format("case {} is closed\n", options.id));
  return kDone;
}

Result<int> case_reopen(const CaseOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  const model::CaseId id(options.id);
  TRY_VOID(folder->casework().reopen(id, options.evidence.front()));
  const cases::CaseRow row = TRY(folder->casework().find(id));
  context.print(Json::Object{{"id", options.id}, {"state", row.state}},
                format("case {} is {}\n", options.id, row.state));
  return kDone;
}

void add_finding_command(CLI::App& group, const std::shared_ptr<CaseOptions>& o, Context& context) {
  auto* finding = group.add_subcommand("finding", "say what the evidence shows of one element");
  finding->add_option("ID", o->id, "the case")->required();
  finding->add_option("--element", o->element, "element of the term")->required();
  finding->add_option("--verdict", o->verdict, "supported, not-supported, not-assessable")
      ->required()
      ->check(CLI::IsMember({"supported", "not-supported", "not-assessable"}));
  finding->add_option("--evidence", o->evidence, "digests of evidence");
  finding->callback([o, &context] { context.run([&] { return case_finding(*o, context); }); });
}

}  // namespace

void add_case_commands(CLI::App& app, Context& context) {
  auto o = std::make_shared<CaseOptions>();
  auto* report = app.add_subcommand("report", "concerns from outside and inside");
  report->require_subcommand(1);
  auto* add = report->add_subcommand("add", "take a report in");
  add->add_option("--source", o->source, "press, ngo, employee, customer, authority, other")
      ->required()
      ->check(CLI::IsMember({"press", "ngo", "employee", "customer", "authority", "other"}));
  add->add_option("--about", o->about, "a customer or a subscription")->required();
  add->add_option("--file", o->file, "the report's text")->required();
  add->callback([o, &context] { context.run([&] { return report_add(*o, context); }); });

  auto* group = app.add_subcommand("case", "review a case");
  group->require_subcommand(1);
  auto* list = group->add_subcommand("list", "all cases");
  list->callback([&context] { context.run([&] { return case_list(context); }); });
  auto* show = group->add_subcommand("show", "one case, whole (the look is recorded, I14)");
  show->add_option("ID", o->id, "the case")->required();
  show->callback([o, &context] { context.run([&] { return case_show(*o, context); }); });
  add_finding_command(*group, o, context);
  auto* evidence = group->add_subcommand("evidence", "add an item of evidence");
  evidence->add_option("ID", o->id, "the case")->required();
  evidence
      ->add_option("--class", o->evidence_class,
                   "usage, business-record, document, press, statement")
      ->required()
      ->check(CLI::IsMember({"usage", "business-record", "document", "press", "statement"}));
  evidence->add_option("--file", o->file, "the item")->required();
  evidence->add_option("--independence", o->independence,
                       "items of one group do not corroborate each other (default: the class)");
  evidence->callback([o, &context] { context.run([&] { return case_evidence(*o, context); }); });
  auto* close = group->add_subcommand("close", "close with a reason");
  close->add_option("ID", o->id, "the case")->required();
  close->add_option("--reason", o->reason, "file with the reason")->required();
  close->callback([o, &context] { context.run([&] { return case_close(*o, context); }); });
  add_counsel_commands(*group, context);
  auto* reopen = group->add_subcommand("reopen", "reopen on new evidence");
  reopen->add_option("ID", o->id, "the case")->required();
  reopen->add_option("--evidence", o->evidence, "digest of evidence of the case")
      ->required()
      ->expected(1);
  reopen->callback([o, &context] { context.run([&] { return case_reopen(*o, context); }); });
}

}  // namespace proviso::cmd
