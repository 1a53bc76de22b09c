// SPDX-License-Identifier: Apache-2.0
#include "ledger/checkpoint.h"

#include <charconv>
#include <span>

#include "base/encoding.h"
#include "ledger/merkle.h"

namespace proviso::ledger {
namespace {

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::invalid_input, "checkpoint: " + std::string(what));
}

// Cuts a line off the front of `text`.
Result<std::string_view> next_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return bad("a line is missing or cut");
  const std::string_view line = text.substr(0, end);
  if (line.empty()) return bad("has an empty line");
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

Result<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) {
    return fail(Errc::invalid_input, "not a decimal number below 2^64");
  }
  if (text.size() > 1 && text[0] == '0') {
    return fail(Errc::invalid_input, "a number with a leading zero");
  }
  return value;
}

std::string Checkpoint::format() const {
  return origin + "\n" + std::to_string(size) + "\n" + base64_encode(root.view()) + "\n";
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
  Checkpoint out;
  out.origin = TRY(next_line(text));
  const auto size_line = TRY(next_line(text));
  const auto size = parse_decimal(size_line);
  if (!size) return bad("line 2 (size) is " + size.error().message);
  if (*size > kTreeSizeMax) return bad("line 2 (size) is above 2^62");
  out.size = *size;
  const auto root_line = TRY(next_line(text));
  const auto root = base64_decode(root_line);
  if (!root || root->size() != 32) return bad("line 3 (root) is not 32 bytes in base64");
  out.root = TRY(Digest::from_bytes(*root));
  while (!text.empty()) (void)TRY(next_line(text));
  if (out.size == 0 && out.root != tree_root({})) return bad("an empty tree with another root");
  return out;
}

Result<Checkpoint> open_checkpoint(std::string_view note, const NoteVerifier& log_key,
                                   std::string_view origin) {
  const Note opened = TRY(open_note(note, std::span(&log_key, 1)));
  auto checkpoint = TRY(Checkpoint::parse(opened.text));
  if (checkpoint.origin != origin) {
    return fail(Errc::conflict, "checkpoint: its origin (line 1) is that of another log");
  }
  return checkpoint;
}

Result<Checkpoint> open_checkpoint(std::string_view note, const NoteVerifier& log_key) {
  return open_checkpoint(note, log_key, log_key.name);
}

}  // namespace proviso::ledger
