// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"
#include "http/target.h"

// From what a handler answered to what goes over the wire. Pure; any thread.
namespace proviso::http {

/// Bodies below this are not worth a compressor's time.
inline constexpr std::size_t kCompressFromBytes = 512;

/// Compressed as a whole, at a level that costs little. Empty where the library fails.
std::string compress(std::string_view bytes, Encoding encoding);

/// Adds Cache-Control, ETag (of a digest of the body), Vary and what else each answer carries;
/// compresses where the client takes it and it pays; turns an answer that the client has into 304.
/// The body stays there for HEAD too: whoever writes it leaves it out but tells its length.
Response represent(const Request& request, Response response);

}  // namespace proviso::http
