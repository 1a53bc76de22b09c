// SPDX-License-Identifier: Apache-2.0
// What a gate says to its server, by anyone who has a token: the bytes as they are, and as the text
// of a note that a known gate signed. What opens is that gate's, and signing it again gives what
// opens to the same.
#include "gates/gate_statement.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/signing.h"

namespace {

using namespace proviso;

const ledger::NoteSigner& signer() {
  static const ledger::NoteSigner kSigner =
      ledger::NoteSigner::make("gate-1.example",
                               SigningKey::from_seed(std::string(32, 'g')).value())
          .value();
  return kSigner;
}

void open(std::string_view note) {
  static_cast<void>(gates::claimed_gate(note));
  const auto statement = gates::open_statement(note, signer().verifier());
  if (!statement) {
    CHECK(!statement.error().message.empty());
    return;
  }
  CHECK(statement->gate == signer().name);
  const auto again =
      gates::open_statement(gates::sign_statement(*statement, signer()), signer().verifier());
  CHECK(again.has_value());
  CHECK(again->state == statement->state && again->mode == statement->mode);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  open(text);
  open(ledger::sign_note(signer(), text + "\n"));
  return 0;
}
