// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/strong_id.h"

namespace proviso::model {

// The provider's own strings: opaque, kept byte for byte, 1..256 bytes of printable UTF-8.
using CustomerId = StrongId<struct CustomerTag>;
using UnitId = StrongId<struct UnitTag>;
using AgreementId = StrongId<struct AgreementTag>;
using SubscriptionId = StrongId<struct SubscriptionTag>;
using ServiceId = StrongId<struct ServiceTag>;
using OperationId = StrongId<struct OperationTag>;
using RegionId = StrongId<struct RegionTag>;
using TermId = StrongId<struct TermTag>;

// Our own things: UUIDv7 text.
using CaseId = StrongId<struct CaseTag>;
using EntryId = StrongId<struct EntryTag>;

/// Longest identifier that any input may carry, in bytes.
inline constexpr std::size_t kIdBytesMax = 256;

/// 1..kIdBytesMax bytes of UTF-8 without control characters.
bool is_valid_id(std::string_view text);

}  // namespace proviso::model
