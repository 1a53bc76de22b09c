// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace proviso {

/// What the caller can do about a failure; the message says what happened.
enum class Errc : std::uint8_t {
  invalid_input,  ///< mend the input and call again
  not_found,
  conflict,     ///< the state changed or does not allow it
  denied,       ///< an invariant or a right forbids it
  exhausted,    ///< a limit is reached; try later or with less
  unavailable,  ///< disk, peer or lock failed; trying again may help
  corrupt,      ///< stored or signed data does not check out
};

/// `message` is one line for operators: what is wrong, where, and what to do. Never content (I1).
struct Error {
  Errc code;
  std::string message;
};

/// A value or an Error. The caller must look at it: dropping one is a compile error.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

inline std::unexpected<Error> fail(Errc code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}

/// Puts `context` (a file, a step) before the message: "context: message".
inline std::unexpected<Error> fail_in(std::string_view context, Error error) {
  error.message.insert(0, ": ").insert(0, context);
  return std::unexpected<Error>(std::move(error));
}

}  // namespace proviso

// Unwraps a Result or returns its error from the enclosing function. One TRY per statement.
#define TRY(call)                                         \
  __extension__({                                         \
    auto result_ = (call);                                \
    if (!result_) [[unlikely]]                            \
      return std::unexpected(std::move(result_).error()); \
    std::move(result_).value();                           \
  })

// The same for Result<void>.
#define TRY_VOID(call)                                    \
  do {                                                    \
    auto result_ = (call);                                \
    if (!result_) [[unlikely]]                            \
      return std::unexpected(std::move(result_).error()); \
  } while (false)
