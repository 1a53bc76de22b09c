// SPDX-License-Identifier: Apache-2.0
#include "model/terms.h"

namespace proviso::model {
namespace {

Result<Term> parse_term(const Json& item, const std::string& where) {
  JsonReader reader(item, where);
  Term term;
  term.id = TermId(reader.string("id"));
  term.version = reader.integer("version");
  term.title = reader.string("title");
  term.clause = reader.string("clause");
  term.group = reader.string("group");
  if (reader.ok() && !is_valid_id(term.id.value)) reader.fail_at("id", "not a valid identifier");
  if (reader.ok() && !is_valid_id(term.group)) reader.fail_at("group", "not a valid identifier");
  if (reader.ok() && term.version < 1) reader.fail_at("version", "must be 1 or more");
  std::size_t index = 0;
  for (const Json& element : reader.array("elements")) {
    JsonReader line(element, reader.path("elements[" + std::to_string(index++) + "]"));
    term.elements.push_back({line.string("id"), line.string("text")});
    TRY_VOID(line.finish());
  }
  TRY_VOID(reader.finish());
  return term;
}

}  // namespace

Result<Terms> Terms::parse(const Json& document) {
  Terms terms;
  JsonReader reader(document, "terms");
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  std::size_t index = 0;
  for (const Json& item : reader.array("terms")) {
    const std::string where = reader.path("terms[" + std::to_string(index++) + "]");
    Term term = TRY(parse_term(item, where));
    if (terms.find(term.id.value) != nullptr) {
      return fail(Errc::invalid_input, where + ".id: stands twice");
    }
    terms.terms_.push_back(std::move(term));
  }
  TRY_VOID(reader.finish());
  terms.document_ = document;
  terms.digest_ = sha256(canonical_json(document));
  return terms;
}

const Term* Terms::find(std::string_view id) const {
  for (const Term& term : terms_) {
    if (term.id.value == id) return &term;
  }
  return nullptr;
}

}  // namespace proviso::model
