// SPDX-License-Identifier: Apache-2.0
// ledger-verify: proves ledgers, orders and snapshots. Made of include/proviso/ledger_verify.h and
// the standard library alone, so that whatever it can do, other programs can.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <unistd.h>

#include "arguments.h"
#include "proviso/ledger_verify.h"

namespace proviso::cmd {
namespace {

using ledger_verify::Answer;
using ledger_verify::Problem;

// Exit codes are a contract, and those of `proviso verify`.
constexpr int kValid = 0;
constexpr int kFailed = 1;
constexpr int kBadInput = 2;
constexpr int kNotValid = 3;

constexpr std::uintmax_t kFileBytesMax = 480U << 20U;

constexpr const char* kUsage =
    R"(ledger-verify COMMAND ...

Proves a ledger, or a part of it, from public files and from what you were given by hand.

  log LOG                           all of it
  consistency EARLIER LATER LOG     that one checkpoint continues another
  bundle FILE                       one order: what was ordered, when, by how many
  list FILE                         all entries about one customer
  snapshot FILE                     what a gate works by
  proof FILE --entry FILE           that an entry is in the log (tlog-proof)

LOG is a folder, or an http(s) URL of any static web server.

  --trust FILE        trust file: proves who decided as well
  --key PUB           the log's verifier key, or a file with it: for log, consistency, proof
  --snapshot FILE     for log: a gate's snapshot, held against the log (needs --trust)
  --since FILE        for log: an earlier checkpoint that was kept
  --index-key FILE    for log: a customer's index keys: lists its entries (needs --trust)
  --policy FILE       witness policy: whose cosignatures a checkpoint must have; goes before
                      what the trust file asks for
  --at TIME           for log: what should be open by then, now where it is not given
  --ca-file FILE      certificates to trust beside the system's
  --timeout SECONDS   for one file of a URL, 60 where it is not given
  --connections N     to the server of a URL, 16 where it is not given
  --progress          say how far it is (as on a terminal)
  --json              the verdict as one line of JSON
  --help, --version

Ends with 0: valid; 1: failed; 2: bad input or usage; 3: not valid.
)";

std::unexpected<Problem> bad_input(std::string message) {
  return std::unexpected(Problem{Problem::Kind::bad_input, std::move(message)});
}

std::expected<std::string, Problem> read_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return bad_input(path + ": no such file");
  if (std::filesystem::is_directory(status)) return bad_input(path + ": is a folder");
  std::ifstream file(path, std::ios::binary);
  std::string out;
  char step[65536];
  while (file.read(step, sizeof step) || file.gcount() > 0) {
    out.append(step, static_cast<std::size_t>(file.gcount()));
    if (out.size() > kFileBytesMax) return bad_input(path + ": longer than 480 MiB");
  }
  if (!file.eof()) return std::unexpected(Problem{Problem::Kind::failed, path + ": not readable"});
  return out;
}

// The key itself, or a file that holds it. A key has '+', which file names seldom have.
std::expected<ledger_verify::Trust, Problem> read_trust(const Arguments& arguments) {
  const std::string& trust = arguments.value("--trust");
  const std::string& key = arguments.value("--key");
  if (trust.empty() == key.empty()) return bad_input("give --key PUB or --trust FILE");
  ledger_verify::Trust out;
  if (!trust.empty()) {
    auto text = read_file(trust);
    if (!text) return std::unexpected(text.error());
    if (text->empty()) return bad_input(trust + ": is empty");
    out.trust_file = std::move(*text);
    return out;
  }
  std::error_code error;
  if (!std::filesystem::exists(key, error) && key.find('+') != std::string::npos) {
    out.log_key = key;
    return out;
  }
  auto text = read_file(key);
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return bad_input(key + ": is empty");
  out.log_key = std::move(*text);
  return out;
}

std::expected<unsigned, Problem> read_number(const Arguments& arguments, std::string_view name,
                                             unsigned otherwise, unsigned most) {
  const std::string& text = arguments.value(name);
  if (text.empty()) return otherwise;
  unsigned number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number == 0 || number > most) {
    return bad_input(std::string(name) + ": not a number from 1 to " + std::to_string(most));
  }
  return number;
}

std::expected<ledger_verify::Log, Problem> open_log(const Arguments& arguments,
                                                    const std::string& place) {
  const auto seconds = read_number(arguments, "--timeout", 60, 86400);
  if (!seconds) return std::unexpected(seconds.error());
  const auto connections = read_number(arguments, "--connections", 16, 64);
  if (!connections) return std::unexpected(connections.error());
  return ledger_verify::Log::open(place, {.file_time = std::chrono::seconds(*seconds),
                                          .connections = *connections,
                                          .ca_file = arguments.value("--ca-file")});
}

/// Says at most twice a second how far it is.
class ProgressLine {
 public:
  void operator()(std::uint64_t done, std::uint64_t all) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(500);
    std::fprintf(stderr, "%s%llu of %llu entries%s", terminal_ ? "\r" : "",
                 static_cast<unsigned long long>(done), static_cast<unsigned long long>(all),
                 terminal_ ? "" : "\n");
    written_ = true;
  }
  void end() const {
    if (written_ && terminal_) std::fputs("\r\033[K", stderr);
  }
  static bool wanted(const Arguments& arguments) {
    return arguments.progress || ::isatty(STDERR_FILENO) == 1;
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool written_ = false;
  std::chrono::steady_clock::time_point next_ =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
};

using Optional = std::optional<std::string>;

// The text of the file that an option names.
std::expected<Optional, Problem> read_optional(const Arguments& arguments, std::string_view name) {
  if (arguments.value(name).empty()) return Optional();
  auto text = read_file(arguments.value(name));
  if (!text) return std::unexpected(text.error());
  return Optional(std::move(*text));
}

Answer verify_log(const Arguments& arguments) {
  const auto trust = read_trust(arguments);
  if (!trust) return std::unexpected(trust.error());
  ledger_verify::LogOptions options;
  for (const auto& [name, text] :
       {std::pair("--snapshot", &options.snapshot), std::pair("--since", &options.since),
        std::pair("--policy", &options.policy), std::pair("--index-key", &options.index_keys)}) {
    auto read = read_optional(arguments, name);
    if (!read) return std::unexpected(read.error());
    *text = std::move(*read);
  }
  options.at = arguments.value("--at");
  auto log = open_log(arguments, arguments.operands[0]);
  if (!log) return std::unexpected(log.error());
  ProgressLine line;
  if (ProgressLine::wanted(arguments)) options.progress = std::ref(line);
  Answer answer = ledger_verify::verify_log(*log, *trust, options);
  line.end();
  return answer;
}

Answer verify_consistency(const Arguments& arguments) {
  const auto trust = read_trust(arguments);
  if (!trust) return std::unexpected(trust.error());
  const auto earlier = read_file(arguments.operands[0]);
  if (!earlier) return std::unexpected(earlier.error());
  const auto later = read_file(arguments.operands[1]);
  if (!later) return std::unexpected(later.error());
  const auto policy = read_optional(arguments, "--policy");
  if (!policy) return std::unexpected(policy.error());
  auto log = open_log(arguments, arguments.operands[2]);
  if (!log) return std::unexpected(log.error());
  return ledger_verify::verify_consistency(*log, *trust, *earlier, *later, *policy);
}

Answer verify_snapshot(const Arguments& arguments) {
  const auto trust = read_trust(arguments);
  if (!trust) return std::unexpected(trust.error());
  const auto text = read_file(arguments.operands[0]);
  if (!text) return std::unexpected(text.error());
  const auto policy = read_optional(arguments, "--policy");
  if (!policy) return std::unexpected(policy.error());
  return ledger_verify::verify_snapshot(*text, *trust, *policy);
}

using OfFile = Answer (*)(std::string_view, const ledger_verify::Trust&,
                          const ledger_verify::Policy&);

// What is proven by one file, with a witness policy or without.
Answer verify_file(const Arguments& arguments, OfFile verify) {
  const auto trust = read_trust(arguments);
  if (!trust) return std::unexpected(trust.error());
  const auto text = read_file(arguments.operands[0]);
  if (!text) return std::unexpected(text.error());
  const auto policy = read_optional(arguments, "--policy");
  if (!policy) return std::unexpected(policy.error());
  return verify(*text, *trust, *policy);
}

Answer verify_bundle(const Arguments& arguments) {
  return verify_file(arguments, ledger_verify::verify_bundle);
}

Answer verify_list(const Arguments& arguments) {
  return verify_file(arguments, ledger_verify::verify_list);
}

Answer verify_proof(const Arguments& arguments) {
  const auto trust = read_trust(arguments);
  if (!trust) return std::unexpected(trust.error());
  const auto proof = read_file(arguments.operands[0]);
  if (!proof) return std::unexpected(proof.error());
  if (arguments.value("--entry").empty()) return bad_input("give --entry FILE");
  const auto entry = read_file(arguments.value("--entry"));
  if (!entry) return std::unexpected(entry.error());
  const auto policy = read_optional(arguments, "--policy");
  if (!policy) return std::unexpected(policy.error());
  return ledger_verify::verify_proof(*proof, *entry, *trust, *policy);
}

struct Command {
  std::string_view name;
  Grammar grammar;
  Answer (*run)(const Arguments&);
};

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"log",
       {1,
        {"--key", "--trust", "--snapshot", "--since", "--policy", "--index-key", "--at",
         "--ca-file", "--timeout", "--connections"}},
       verify_log},
      {"consistency",
       {3, {"--key", "--trust", "--policy", "--ca-file", "--timeout", "--connections"}},
       verify_consistency},
      {"bundle", {1, {"--trust", "--policy"}}, verify_bundle},
      {"list", {1, {"--trust", "--policy"}}, verify_list},
      {"snapshot", {1, {"--trust", "--policy"}}, verify_snapshot},
      {"proof", {1, {"--key", "--trust", "--policy", "--entry"}}, verify_proof}};
  return all;
}

int tell_usage(const std::string& what) {
  std::fprintf(stderr, "error: %s (see: ledger-verify --help)\n", what.c_str());
  return kBadInput;
}

int tell(const Answer& answer, bool json) {
  if (!answer) {
    std::fprintf(stderr, "error: %s\n", answer.error().message.c_str());
    return answer.error().kind == Problem::Kind::failed ? kFailed : kBadInput;
  }
  if (json) {
    std::printf("%s\n", answer->json.c_str());
  } else if (answer->valid()) {
    std::fputs(answer->words.c_str(), stdout);
  } else {
    std::printf("NOT VALID: %s at %s: %s\nThat means: %s\n", answer->error_class.c_str(),
                answer->where.c_str(), answer->detail.c_str(), answer->meaning.c_str());
  }
  return answer->valid() ? kValid : kNotValid;
}

int run(const std::vector<std::string_view>& words) {
  for (const std::string_view word : words) {
    if (word == "--help") return std::fputs(kUsage, stdout) < 0 ? kFailed : kValid;
    if (word == "--version") return std::puts(PROVISO_VERSION) < 0 ? kFailed : kValid;
  }
  if (words.empty()) return tell_usage("no command");
  for (const Command& command : commands()) {
    if (command.name != words[0]) continue;
    const auto arguments = parse_arguments(std::span(words).subspan(1), command.grammar);
    if (!arguments) return tell_usage(std::string(words[0]) + ": " + arguments.error());
    return tell(command.run(*arguments), arguments->json);
  }
  return tell_usage(std::string(words[0]) + ": no such command");
}

}  // namespace
}  // namespace proviso::cmd

int main(int argc, char** argv) {
  return proviso::cmd::run(std::vector<std::string_view>(argv + 1, argv + argc));
}
