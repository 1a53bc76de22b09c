// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace proviso::intake {

/// What a field policy would do with a field.
enum class Use : bool { keep, hash };

/// Why a field may never be used so, whatever a policy says (I1): prompts, bodies and other
/// content, names of objects, who called, addresses. Nothing where it may. Judges by the path's
/// member names, without regard to case and punctuation. A keyed hash is allowed for identifiers of
/// resources and principals, not for content: the hash of a guessable text gives the text away.
std::optional<std::string_view> never_reason(std::string_view path, Use use);

}  // namespace proviso::intake
