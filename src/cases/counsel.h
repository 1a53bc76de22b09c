// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cases/counsel_key.h"
#include "cases/record.h"

// Cases directed by counsel (docs/formats/counsel.md): what the store keeps of them in secret is
// sealed to counsel's key before it reaches the disk, so that whoever has the store, the operator's
// own people included, can't read it. One thread; the caller holds the folder's lock.
namespace proviso::cases {

/// What the store keeps of an entry beside its public bytes.
struct EntrySecret {
  std::string private_part;  ///< canonical JSON, or a box with both
  std::string salts;         ///< hexadecimal; empty beside a box, or where there is nothing
};

/// To whom the case's secrets are sealed; nothing where it is not directed by counsel.
Result<std::optional<CounselPublicKey>> counsel_of(Database& database, const std::string& case_id);

/// Nothing is sealed where the private part is `{}`.
EntrySecret seal_secret(const CounselPublicKey& key, const EntrySecret& secret);
/// By whichever of the keys fits; `denied` where none does. What is no box is given back as it is.
Result<EntrySecret> open_secret(const EntrySecret& kept, const std::vector<CounselKey>& keys);

/// From now on the case is directed by counsel: private parts and salts of its entries, texts of
/// its evidence and reports, and why it was closed, those that are there already as well, can be
/// read with counsel's key only. With another key, what follows is sealed to that one. Leaves an
/// entry. not_found; conflict where that key is counsel's already.
/// A crash leaves the case as it was, or directed; it may leave old pages in the file, which
/// doing it once more overwrites.
Result<void> direct_case(Record& record, const model::CaseId& id, const CounselPublicKey& key);

/// The bytes of one item of the case's evidence. Is a look, and so an entry (I14). not_found where
/// there is none, or it was erased; denied where none of the keys opens it.
Result<std::string> evidence_item(Record& record, const model::CaseId& id,
                                  const std::string& digest, const std::vector<CounselKey>& keys);

}  // namespace proviso::cases
