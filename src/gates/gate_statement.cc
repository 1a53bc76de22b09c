// SPDX-License-Identifier: Apache-2.0
#include "gates/gate_statement.h"

#include <algorithm>

#include "base/json.h"
#include "gates/gate_identity.h"

namespace proviso::gates {
namespace {

constexpr std::string_view kFirstLine = "proviso-gate-statement/v1\n";
constexpr std::size_t kRefusedBytesMax = 1000;

// Not inside a character of UTF-8.
std::string shortened(std::string text) {
  if (text.size() <= kRefusedBytesMax) return text;
  std::size_t end = kRefusedBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

Result<GateStatement> parse_text(std::string_view text) {
  if (!text.starts_with(kFirstLine) || !text.ends_with('\n')) {
    return fail(Errc::invalid_input, "statement: not one of a gate");
  }
  text.remove_prefix(kFirstLine.size());
  text.remove_suffix(1);
  const Json document = TRY(parse_json(text, {.bytes_max = kStatementBytesMax}));
  JsonReader reader(document, "statement");
  GateStatement out;
  out.gate = reader.string("gate");
  out.ledger = reader.string("ledger");
  out.challenge = reader.string("challenge");
  if (!is_challenge(out.challenge)) {
    reader.fail_at("challenge", "must be 32 lower-case hexadecimal digits");
  }
  const auto said_at = parse_time(reader.string("said_at"));
  if (!said_at) reader.fail_at("said_at", "not an RFC 3339 time");
  out.mode = reader.string("mode");
  if (out.mode != "enforce" && out.mode != "observe" && out.mode != "bypass") {
    reader.fail_at("mode", "must be enforce, observe or bypass");
  }
  const Json* state = reader.optional("state");
  out.refused = reader.string("refused");
  out.needs_whole = reader.boolean("needs_whole");
  TRY_VOID(reader.finish());
  out.said_at = *said_at;
  if (state != nullptr && !state->is_null()) {
    out.state = TRY(model::gate_state_from_json(*state, "statement.state"));
  }
  return out;
}

}  // namespace

bool is_challenge(std::string_view text) {
  return text.size() == kChallengeDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string sign_statement(const GateStatement& statement, const ledger::NoteSigner& signer) {
  const Json document = Json::Object{
      {"gate", statement.gate},
      {"ledger", statement.ledger},
      {"challenge", statement.challenge},
      {"said_at", format_time(statement.said_at)},
      {"mode", statement.mode},
      {"state", statement.state ? model::gate_state_to_json(*statement.state) : Json()},
      {"refused", shortened(statement.refused)},
      {"needs_whole", statement.needs_whole}};
  return ledger::sign_note(signer, std::string(kFirstLine) + canonical_json(document) + "\n");
}

Result<std::string> claimed_gate(std::string_view note) {
  if (note.size() > kStatementBytesMax) return fail(Errc::exhausted, "statement: too long");
  const auto split = TRY(ledger::split_note(note));
  const GateStatement statement = TRY(parse_text(split.text));
  return statement.gate;
}

Result<GateStatement> open_statement(std::string_view note, const ledger::NoteVerifier& gate) {
  if (note.size() > kStatementBytesMax) return fail(Errc::exhausted, "statement: too long");
  const ledger::Note opened = TRY(ledger::open_note(note, {&gate, 1}));
  GateStatement statement = TRY(parse_text(opened.text));
  if (statement.gate == gate.name) return statement;
  return fail(Errc::denied, "statement: it speaks for another gate than the one that signed it");
}

}  // namespace proviso::gates
