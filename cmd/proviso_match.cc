// SPDX-License-Identifier: Apache-2.0

// proviso-match: which lines of JSON logs match which Sigma rules. For conformance tests and for
// rule authors; not packaged. All fields are seen, hence nothing of it belongs into review.
#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "intake/byte_source.h"
#include "rules/json_matcher.h"
#include "rules/json_text.h"
#include "rules/load.h"
#include "signals/engine.h"

namespace {

using namespace proviso;

constexpr std::size_t kLineBytesMax = 64U << 20U;
constexpr std::uint64_t kFaultsShownMax = 20;

std::string number_text(double number) {
  std::array<char, 40> buffer{};
  const auto done = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), done.ptr};
}

// Unix seconds, with a fraction where there is one.
std::string time_text(Time t) {
  const std::int64_t seconds = unix_seconds(floor_second(t));
  std::int64_t rest = (t - floor_second(t)).count();
  std::string out = std::to_string(seconds);
  if (rest == 0) return out;
  std::string digits = std::to_string(rest);
  digits.insert(0, 9 - digits.size(), '0');
  digits.erase(digits.find_last_not_of('0') + 1);
  return out + "." + digits;
}

class MatchRun {
 public:
  MatchRun(std::shared_ptr<const rules::Program> program, rules::Routing routing)
      : program_(std::move(program)),
        matcher_(program_, routing),
        engine_(program_, {.lateness = Duration::max(),
                           .window_hits_max = 10'000'000,
                           .waiting_max = 100'000'000,
                           .plain_firings = false}) {}

  /// `text` must be followed by JsonTokens::kPadding readable bytes.
  void line(std::string_view text, const std::string& file, std::uint64_t line_in_file) {
    ++line_;
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) return;
    const auto matched = matcher_.match(text);
    if (!matched) return fault(file, line_in_file, "not a JSON object (mend or remove the line)");
    if (matched->empty()) return;
    for (const rules::RuleIndex rule : *matched) print_match(rule);
    if (program_->correlations().empty()) return;
    const auto time = matcher_.event().time();
    if (!time) {
      return fault(file, line_in_file,
                   "no event time of the years 1678 to 2261 (correlations cannot use the line)");
    }
    engine_.feed({.time = *time, .line = line_, .weight = 1, .subscription = {}}, *matched,
                 matcher_.event(), firings_);
  }

  void finish() {
    engine_.flush(firings_);
    for (const signals::Firing& f : firings_) print_firing(f);
    flush();
    if (faults_ > kFaultsShownMax) {
      std::fprintf(stderr, "error: %llu lines could not be used\n",
                   static_cast<unsigned long long>(faults_));
    }
  }
  [[nodiscard]] bool clean() const { return faults_ == 0; }
  void too_long(const std::string& file, std::uint64_t line_in_file) {
    ++line_;
    fault(file, line_in_file, "longer than 64 MiB (split the record)");
  }
  void fault(const std::string& file, std::uint64_t line_in_file, const char* what) {
    if (++faults_ > kFaultsShownMax) return;
    std::fprintf(stderr, "error: %s:%llu:1: %s\n", file.c_str(),
                 static_cast<unsigned long long>(line_in_file), what);
  }

 private:
  void print_match(rules::RuleIndex rule) {
    out_ += "{\"rule\":";
    rules::write_json_string(program_->rule(rule).label(), out_);
    out_ += ",\"line\":" + std::to_string(line_) + "}\n";
    if (out_.size() > (1U << 16U)) flush();
  }

  void print_firing(const signals::Firing& f) {
    out_ += "{\"rule\":";
    rules::write_json_string(program_->rule(f.rule).label(), out_);
    out_ += ",\"line\":" + std::to_string(f.line) + ",\"ts\":" + time_text(f.to) +
            ",\"from\":" + time_text(f.from) + ",\"group\":{";
    for (std::size_t i = 0; i < f.group.size(); ++i) {
      if (i > 0) out_.push_back(',');
      rules::write_json_string(f.group[i].name, out_);
      out_.push_back(':');
      if (f.group[i].kind == rules::ValueKind::string) {
        rules::write_json_string(f.group[i].text, out_);
      } else {
        out_ += f.group[i].kind == rules::ValueKind::null ? "null" : f.group[i].text;
      }
    }
    out_ += "},\"value\":" + number_text(f.value) + "}\n";
    if (out_.size() > (1U << 16U)) flush();
  }

  void flush() {
    std::fwrite(out_.data(), 1, out_.size(), stdout);
    out_.clear();
  }

  std::shared_ptr<const rules::Program> program_;
  rules::JsonMatcher matcher_;
  signals::Engine engine_;
  std::vector<signals::Firing> firings_;
  std::string out_;
  std::uint64_t line_ = 0;
  std::uint64_t faults_ = 0;
};

// Cuts a file into lines; a line over the limit is reported and passed over.
Result<void> read_lines(const std::string& path, MatchRun& run) {
  auto source = TRY(intake::ByteSource::open(path));
  std::vector<char> buffer(1U << 20U);
  std::string line;
  std::uint64_t number = 1;
  bool too_long = false;
  const auto end_line = [&] {
    if (too_long) run.too_long(path, number);
    if (!too_long) {
      line.append(rules::JsonTokens::kPadding, '\0');
      run.line({line.data(), line.size() - rules::JsonTokens::kPadding}, path, number);
    }
    line.clear();
    too_long = false;
    ++number;
  };
  while (true) {
    const std::size_t size = TRY(source.read(buffer));
    if (size == 0) break;
    std::string_view rest(buffer.data(), size);
    while (!rest.empty()) {
      const std::size_t newline = rest.find('\n');
      const std::string_view part = rest.substr(0, newline);
      too_long = too_long || line.size() + part.size() > kLineBytesMax;
      if (!too_long) line += part;
      if (newline == std::string_view::npos) break;
      end_line();
      rest.remove_prefix(newline + 1);
    }
  }
  if (!line.empty() || too_long) end_line();
  return {};
}

int match(const std::vector<std::string>& rule_paths,
          const std::vector<std::string>& pipeline_paths, const std::vector<std::string>& logs,
          bool route) {
  const rules::Loaded loaded = rules::load_rules_with(rule_paths, pipeline_paths);
  if (!loaded.program) {
    for (const rules::Diagnostic& d : loaded.diagnostics.all()) {
      std::fprintf(stderr, "error: %s\n", d.to_string().c_str());
    }
    return 2;
  }
  MatchRun run(loaded.program, route ? rules::Routing::by_log_source : rules::Routing::off);
  bool good = true;
  for (const std::string& path : logs) {
    const auto done = read_lines(path, run);
    if (done) continue;
    std::fprintf(stderr, "error: %s\n", done.error().message.c_str());
    good = false;
  }
  run.finish();
  return good && run.clean() ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Which lines of JSON logs match which Sigma rules (conformance tests)"};
  std::vector<std::string> rule_paths;
  std::vector<std::string> pipelines;
  std::vector<std::string> logs;
  bool route = false;
  app.add_option("--rules", rule_paths, "rule file or folder")->required()->expected(1);
  app.add_option("--pipeline", pipelines, "processing pipeline (repeat it; they run by priority)")
      ->expected(1)
      ->allow_extra_args(false);
  app.add_option("LOG", logs, "JSON lines: plain, .gz, .zst, - for standard input")->required();
  app.add_flag("--route", route, "show a rule only events of its log source");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return match(rule_paths, pipelines, logs, route);
}
