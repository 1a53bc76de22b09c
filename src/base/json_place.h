// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace proviso {

/// "LINE:COLUMN" of the member that `path` names in a JSON text, both from 1, the column in bytes:
/// the place of its value, or of the innermost value on the way there that exists. `path` is
/// written as JsonReader writes it ("services[2].operations.GetObject"); what follows the longest
/// path that the text has is ignored, so the message of an error may be given as it is. "1:1" where
/// `text` is no JSON.
std::string json_place(std::string_view text, std::string_view path);

/// The error of a document as "FILE:LINE:COLUMN: message". `root` is the name that the document has
/// in messages ("catalogue", then a dot); an error of the JSON parser has its place already.
std::unexpected<Error> fail_in_document(std::string_view file, std::string_view text,
                                        std::string_view root, Error error);

}  // namespace proviso
