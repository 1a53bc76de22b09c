// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/file_system.h"
#include "keys/signers.h"

namespace proviso::cmd {
namespace {

constexpr std::uint64_t kInputFileMax = 64U << 20U;

int exit_code_of(Errc code) {
  switch (code) {
    case Errc::invalid_input:
    case Errc::not_found:
    case Errc::conflict:
    case Errc::denied:
    case Errc::corrupt: return kBadInput;
    case Errc::exhausted:
    case Errc::unavailable: return kFailed;
  }
  return kFailed;
}

// A line typed at the terminal without showing it.
Result<std::string> read_hidden(const char* prompt) {
  const int tty = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (tty < 0) {
    return fail(Errc::invalid_input,
                "no terminal to ask for the passphrase (give --passphrase-file FILE)");
  }
  termios shown{};
  ::tcgetattr(tty, &shown);
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(tty, TCSAFLUSH, &hidden);
  dprintf(tty, "%s", prompt);
  std::string line;
  for (char c = 0; ::read(tty, &c, 1) == 1 && c != '\n' && line.size() < 1024;) line.push_back(c);
  dprintf(tty, "\n");
  ::tcsetattr(tty, TCSAFLUSH, &shown);
  ::close(tty);
  return line;
}

// "FILE: LINE:COLUMN: what" as "FILE:LINE:COLUMN: what", which editors can follow.
std::string with_place(std::string message) {
  const auto digits_end = [&](std::size_t from) {
    return message.find_first_not_of("0123456789", from);
  };
  for (std::size_t at = message.find(": "); at != std::string::npos;
       at = message.find(": ", at + 1)) {
    const std::size_t line_end = digits_end(at + 2);
    if (line_end == std::string::npos || line_end == at + 2 || message[line_end] != ':') continue;
    const std::size_t column_end = digits_end(line_end + 1);
    if (column_end == std::string::npos || column_end == line_end + 1) continue;
    if (message[column_end] == ':') message.erase(at + 1, 1);
  }
  return message;
}

}  // namespace

Result<std::unique_ptr<server::DataFolder>> Context::folder() {
  if (dir.empty()) return fail(Errc::invalid_input, "no data folder (give -d DIR)");
  return server::DataFolder::open(dir, clock, random);
}

void Context::run(const std::function<Result<int>()>& body) {
  const auto result = body();
  if (result) {
    exit_code = *result;
    return;
  }
  std::fflush(stdout);
  std::fprintf(stderr, "error: %s\n", with_place(result.error().message).c_str());
  exit_code = exit_code_of(result.error().code);
}

void Context::print(const Json& value, const std::string& text) const {
  if (json) {
    std::printf("%s\n", canonical_json(value).c_str());
  } else {
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
}

std::string is_named(const std::string& name) { return name.empty() ? "is empty" : ""; }

Result<std::string> read_input_file(const std::string& path) {
  return real_file_system().read(path, kInputFileMax);
}

Result<void> write_private(const std::string& path, std::string_view bytes) {
  const mode_t before = ::umask(S_IRWXG | S_IRWXO);
  auto written = real_file_system().write_durable(path, bytes);
  ::umask(before);
  return written;
}

Result<std::string> ask_passphrase(const std::string& passphrase_file, bool confirm) {
  if (!passphrase_file.empty()) {
    std::string text = TRY(read_input_file(passphrase_file));
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    if (text.empty()) return fail(Errc::invalid_input, passphrase_file + ":1:1: is empty");
    return text;
  }
  std::string first = TRY(read_hidden("Passphrase: "));
  if (first.empty()) return fail(Errc::invalid_input, "the passphrase is empty");
  if (confirm) {
    const std::string second = TRY(read_hidden("Again: "));
    if (first != second) return fail(Errc::invalid_input, "the two passphrases differ");
  }
  return first;
}

Result<std::unique_ptr<Signer>> read_key(const std::string& place,
                                         const std::string& passphrase_file) {
  return keys::open_signer(place, [&] { return ask_passphrase(passphrase_file, false); });
}

}  // namespace proviso::cmd
