// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/result.h"
#include "http/router.h"

namespace proviso::server {

/// What a token may be good for; others are refused.
inline constexpr std::string_view kTokenScopes[] = {"metrics", "gate"};

/// A bearer token as it is kept: never itself, only its digest.
struct Token {
  std::string name;
  Digest digest;  ///< SHA-256 of the token's text
  std::vector<std::string> scopes;
  Time made_at;
  std::optional<Time> ends_at;
};

/// Reads tokens.json; an absent file holds none. `corrupt` where it is not of our making.
Result<std::vector<Token>> read_tokens(const std::string& path);

struct NewToken {
  std::string name;
  std::vector<std::string> scopes;
  std::optional<std::int64_t> days;  ///< it ends after these
};
/// Adds a token and returns its text, which is kept nowhere: "pvt_" and 64 hexadecimal digits of
/// 256 random bits. `conflict` where the name is taken, `invalid_input` for a scope there is not.
Result<std::string> make_token(const std::string& path, const NewToken& wanted, const Clock& clock,
                               Random& random);
/// `not_found` where there is none of that name.
Result<void> remove_token(const std::string& path, const std::string& name);

/// Judges tokens by the file as it is now: one that was removed is refused at the next request.
/// Threads: any.
class TokenGuard {
 public:
  TokenGuard(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}
  /// Looks at every token that is kept, in time that does not depend on what was sent. A file that
  /// cannot be read grants nothing.
  http::Grant judge(std::string_view token, std::string_view scope);

 private:
  void refresh();

  std::string path_;
  const Clock& clock_;
  // Guards what was read of the file, which any thread may have to read again.
  std::mutex mutex_;
  std::string version_;  // of the file that tokens_ came from
  std::vector<Token> tokens_;
};

}  // namespace proviso::server
