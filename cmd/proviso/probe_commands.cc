// SPDX-License-Identifier: Apache-2.0
// probe run, check: from outside, whether a cut holds and what is beside it is open.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "base/text/format.h"
#include "context.h"
#include "gates/gate_identity.h"
#include "probes/report.h"

namespace proviso::cmd {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kEveryMin{10};
constexpr std::chrono::hours kEveryMax{24};

struct ProbeOptions {
  std::string file;
  std::string every;
  std::string identity;
  std::string out;
  std::string key;
  bool record = false;
};

/// SIGTERM and SIGINT end a wait instead of the process.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  /// Whether the time has passed without any.
  bool wait(milliseconds time) const {
    const timespec span{.tv_sec = time.count() / 1'000,
                        .tv_nsec = (time.count() % 1'000) * 1'000'000};
    return sigtimedwait(&signals_, nullptr, &span) < 0;
  }

 private:
  sigset_t signals_{};
};

std::int64_t steady_ms() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string in_words(const probes::Report& report) {
  std::string out;
  for (const probes::Finding& f : report.findings) {
    out += format("{:<9} {:<9} {}: {} ({} ms)\n", f.problem.empty() ? "as planned" : "DIFFERS",
                  probes::to_string(f.role), f.name,
                  f.problem.empty() ? std::to_string(f.status) : f.problem, f.duration_ms);
  }
  return out;
}

// Into the case that the order was made in, as an item of evidence.
Result<std::string> record(const probes::Report& report, const std::string& text,
                           Context& context) {
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  const decisions::OrderRow order = TRY(orders.find(report.order));
  if (order.case_id.empty()) {
    return fail(Errc::invalid_input, "this order was made in no case: probe a restriction");
  }
  return folder->casework().add_evidence(model::CaseId(order.case_id), "business-record", "probe",
                                         text);
}

class Probing {
 public:
  Probing(const ProbeOptions& options, probes::Plan plan, std::optional<ledger::NoteSigner> signer,
          Context& context)
      : options_(options), plan_(std::move(plan)), signer_(std::move(signer)), context_(context) {}

  /// One round. Returns its exit code; nothing where it was stopped.
  Result<std::optional<int>> round() {
    const auto report =
        probes::probe(plan_, {.call = http::call,
                              .clock = context_.clock,
                              .steady_ms = steady_ms,
                              .wait = [this](milliseconds t) { return signals_.wait(t); }});
    if (!report) return std::optional<int>();
    context_.print(probes::to_json(*report), in_words(*report));
    std::fflush(stdout);
    TRY_VOID(keep(*report));
    return std::optional(report->as_planned() ? kDone : kRefused);
  }

  /// Round after round until it is stopped; a report that can't be kept is told, and the next one
  /// is tried. The exit code is that of the last whole round.
  Result<int> rounds(milliseconds every) {
    int code = kDone;
    while (true) {
      const std::int64_t begin = steady_ms();
      const auto done = round();
      if (!done) {
        std::fprintf(stderr, "error: %s\n", done.error().message.c_str());
        code = kFailed;
      } else if (!*done) {
        return code;
      } else {
        code = **done;
      }
      const milliseconds left = every - milliseconds{steady_ms() - begin};
      if (!signals_.wait(std::max(left, milliseconds{0}))) return code;
    }
  }

 private:
  Result<void> keep(const probes::Report& report) {
    if (!keeping_.due(report)) return {};
    const std::string text = probes::write_report(report, signer_ ? &*signer_ : nullptr);
    if (!options_.out.empty()) {
      TRY_VOID(real_file_system().write_durable(options_.out, text));
    }
    if (options_.record) {
      const std::string digest = TRY(record(report, text, context_));
      if (!context_.json) std::printf("evidence %s\n", digest.c_str());
    }
    keeping_.kept(report);
    return {};
  }

  const ProbeOptions& options_;
  const probes::Plan plan_;
  const std::optional<ledger::NoteSigner> signer_;
  Context& context_;
  StopSignals signals_;
  probes::Keeping keeping_;
};

Result<std::optional<ledger::NoteSigner>> signer_of(const ProbeOptions& options) {
  if (options.identity.empty()) return std::optional<ledger::NoteSigner>();
  auto out = TRY(gates::read_gate_identity(real_file_system(), options.identity));
  if (!out) {
    return fail(Errc::not_found, options.identity +
                                     ": no identity there (make one: proviso gate identity "
                                     "--state FOLDER --name NAME)");
  }
  return out;
}

Result<std::optional<milliseconds>> every_of(const ProbeOptions& options, Time now) {
  if (options.every.empty()) return std::optional<milliseconds>();
  // Moments are whole seconds.
  now = floor_second(now);
  const auto next = parse_moment("+" + options.every, now);
  if (!next) return fail_in("--every", next.error());
  const auto span = std::chrono::duration_cast<milliseconds>(*next - now);
  if (span < kEveryMin || span > kEveryMax) {
    return fail(Errc::invalid_input, "--every: 10s to 24h");
  }
  return std::optional(span);
}

Result<int> probe_run(const ProbeOptions& options, Context& context) {
  const auto every = TRY(every_of(options, context.clock.now()));
  const std::string text = TRY(read_input_file(options.file));
  auto plan = TRY(probes::parse_plan(options.file, text));
  auto signer = TRY(signer_of(options));
  Probing probing(options, std::move(plan), std::move(signer), context);
  if (every) return probing.rounds(*every);
  const auto code = TRY(probing.round());
  return code.value_or(kFailed);
}

Result<int> probe_check(const ProbeOptions& options, Context& context) {
  const auto key = ledger::NoteVerifier::parse(options.key);
  if (!key) return fail_in("--key", key.error());
  const std::string text = TRY(read_input_file(options.file));
  auto report = probes::read_signed_report(text, *key);
  if (!report) return fail_in(options.file, report.error());
  const Json* const planned = report->find("as_planned");
  const Json* const order = report->find("order");
  const bool good = planned != nullptr && planned->if_bool() != nullptr && *planned->if_bool();
  const std::string about =
      order != nullptr && order->if_string() != nullptr ? *order->if_string() : "";
  context.print(*report, format("signed by {}: order {}, {}\n", key->name, about,
                                good ? "all as planned" : "something differs"));
  return good ? kDone : kRefused;
}

}  // namespace

void add_probe_commands(CLI::App& app, Context& context) {
  auto o = std::make_shared<ProbeOptions>();
  auto* group = app.add_subcommand("probe", "from outside: does a cut hold, is the rest open?");
  group->require_subcommand(1);
  auto* run = group->add_subcommand("run", "ask what a plan names, and say what differs");
  run->add_option("PLAN", o->file, "the plan (TOML, or JSON where its name ends in .json)")
      ->required()
      ->check(is_named);
  run->add_option("--every", o->every, "again and again until SIGTERM: 5m, 30s; 10s to 24h")
      ->check(is_named);
  run->add_option("--identity", o->identity, "folder of the identity that signs the report")
      ->check(is_named);
  run->add_option("--out", o->out, "file to write the report into")->check(is_named);
  run->add_flag("--record", o->record, "keep it as evidence of the order's case (-d)");
  run->callback([o, &context] { context.run([&] { return probe_run(*o, context); }); });
  auto* check = group->add_subcommand("check", "whether a report is signed by this key");
  check->add_option("REPORT", o->file, "a file that run --identity wrote")
      ->required()
      ->check(is_named);
  check->add_option("--key", o->key, "verifier key of the probe's identity")->required();
  check->callback([o, &context] { context.run([&] { return probe_check(*o, context); }); });
}

}  // namespace proviso::cmd
