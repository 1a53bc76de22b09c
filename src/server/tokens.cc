// SPDX-License-Identifier: Apache-2.0
#include "server/tokens.h"

#include <algorithm>

#include <sys/stat.h>

#include "base/encoding.h"
#include "base/file_system.h"
#include "base/json.h"

namespace proviso::server {
namespace {

constexpr std::uint64_t kFileMax = 4U << 20U;
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kNameMax = 64;
constexpr std::int64_t kDaysMax = 3650;
constexpr std::string_view kPrefix = "pvt_";

Result<Token> read_token(const Json& value, const std::string& where) {
  JsonReader reader(value, where);
  Token out;
  out.name = reader.string("name");
  const std::string digest = reader.string("sha256");
  out.scopes = reader.strings("scopes");
  const std::string made_at = reader.string("made_at");
  const std::string ends_at = reader.string_or("ends_at", "");
  TRY_VOID(reader.finish());
  out.digest = TRY(Digest::from_hex(digest));
  out.made_at = TRY(parse_time(made_at));
  if (!ends_at.empty()) out.ends_at = TRY(parse_time(ends_at));
  return out;
}

Result<std::vector<Token>> parse_tokens(std::string_view text) {
  const Json json = TRY(parse_json(text));
  JsonReader reader(json);
  if (reader.integer("version") != kVersion) reader.fail_at("version", "is not 1");
  const Json::Array items = reader.array("tokens");
  TRY_VOID(reader.finish());
  std::vector<Token> out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    out.push_back(TRY(read_token(items[i], "tokens[" + std::to_string(i) + "]")));
  }
  return out;
}

Json write_token(const Token& token) {
  Json::Array scopes;
  for (const std::string& scope : token.scopes) scopes.emplace_back(scope);
  Json::Object out{{"made_at", format_time(token.made_at)},
                   {"name", token.name},
                   {"scopes", std::move(scopes)},
                   {"sha256", token.digest.hex()}};
  if (token.ends_at) out.emplace("ends_at", format_time(*token.ends_at));
  return out;
}

Result<void> write_tokens(const std::string& path, const std::vector<Token>& tokens) {
  Json::Array items;
  for (const Token& token : tokens) items.push_back(write_token(token));
  const Json json = Json::Object{{"tokens", std::move(items)}, {"version", kVersion}};
  TRY_VOID(real_file_system().write_durable(path, pretty_json(json) + "\n"));
  // Digests of 256 random bits say nothing, but who may read them is nobody's business.
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
    return fail(Errc::unavailable, path + ": cannot be made private");
  }
  return {};
}

Result<void> check_wanted(const NewToken& wanted) {
  if (wanted.name.empty() || wanted.name.size() > kNameMax ||
      printable(wanted.name) != wanted.name) {
    return fail(Errc::invalid_input, "a token's name has 1 to 64 printable characters");
  }
  if (wanted.scopes.empty()) return fail(Errc::invalid_input, "a token needs a --scope");
  for (const std::string& scope : wanted.scopes) {
    if (std::find(std::begin(kTokenScopes), std::end(kTokenScopes), scope) ==
        std::end(kTokenScopes)) {
      return fail(Errc::invalid_input,
                  "--scope: there is no '" + printable(scope, 40) + "' (there is: metrics)");
    }
  }
  if (wanted.days && (*wanted.days < 1 || *wanted.days > kDaysMax)) {
    return fail(Errc::invalid_input, "--days must be 1 to 3650");
  }
  return {};
}

}  // namespace

Result<std::vector<Token>> read_tokens(const std::string& path) {
  const auto text = real_file_system().read(path, kFileMax);
  if (!text) {
    if (text.error().code == Errc::not_found) return std::vector<Token>();
    return std::unexpected(text.error());
  }
  auto tokens = parse_tokens(*text);
  if (!tokens) return fail(Errc::corrupt, path + ": " + tokens.error().message);
  return tokens;
}

Result<std::string> make_token(const std::string& path, const NewToken& wanted, const Clock& clock,
                               Random& random) {
  TRY_VOID(check_wanted(wanted));
  const FileLock lock = TRY(FileLock::acquire(path + ".lock"));
  auto tokens = TRY(read_tokens(path));
  for (const Token& token : tokens) {
    if (token.name == wanted.name) {
      return fail(Errc::conflict, "there is a token of this name (remove it first)");
    }
  }
  std::string text = std::string(kPrefix) + hex_encode(random.bytes(32));
  const Time now = floor_second(clock.now());
  Token made{wanted.name, sha256(text), wanted.scopes, now, {}};
  if (wanted.days) made.ends_at = now + std::chrono::days{*wanted.days};
  tokens.push_back(std::move(made));
  TRY_VOID(write_tokens(path, tokens));
  return text;
}

Result<void> remove_token(const std::string& path, const std::string& name) {
  const FileLock lock = TRY(FileLock::acquire(path + ".lock"));
  auto tokens = TRY(read_tokens(path));
  if (std::erase_if(tokens, [&](const Token& token) { return token.name == name; }) == 0) {
    return fail(Errc::not_found, "there is no token of this name");
  }
  return write_tokens(path, tokens);
}

// The caller holds the lock.
void TokenGuard::refresh() {
  struct stat status{};
  std::string version = "none";
  if (::stat(path_.c_str(), &status) == 0) {
    version = std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
              std::to_string(status.st_mtim.tv_sec) + " " + std::to_string(status.st_mtim.tv_nsec);
  }
  if (version == version_) return;
  auto tokens = read_tokens(path_);
  tokens_ = tokens ? std::move(*tokens) : std::vector<Token>();
  version_ = tokens ? version : "";  // read again next time
}

http::Grant TokenGuard::judge(std::string_view token, std::string_view scope) {
  const std::scoped_lock lock(mutex_);
  refresh();
  const Digest digest = sha256(token);
  const Time now = clock_.now();
  http::Grant out = http::Grant::unknown;
  for (const Token& known : tokens_) {
    if (!constant_time_equal(known.digest.view(), digest.view())) continue;
    if (known.ends_at && *known.ends_at <= now) continue;
    const bool has =
        std::find(known.scopes.begin(), known.scopes.end(), scope) != known.scopes.end();
    out = has ? http::Grant::granted : http::Grant::other_scope;
  }
  return out;
}

}  // namespace proviso::server
