// SPDX-License-Identifier: Apache-2.0
#include "gates/refusal_replay.h"

#include <string_view>

namespace proviso::gates {
namespace {

// As far as a record has it.
Answer answer_of(const Gate& gate, const Refusal& refusal) {
  const LayeredTable& table = gate.table();
  const Request request = refusal.request();
  Answer out;
  const auto found = table.find(key_of(table.seed(), request.subscription), request.subscription);
  if (!found) return out;
  const Judgement judgement = table.judge(found, request, refusal.at);
  const Ruling& ruling = refusal.answer.mode == Mode::shadow ? judgement.shadow : judgement;
  if (ruling.order == kNoOrder) return out;
  out.effect = ruling.effect;
  out.judged = ruling.outcome;
  out.rate_per_second = ruling.rate_per_second;
  out.order = table.digest_of(ruling.order);
  return out;
}

bool same(const Answer& a, const Answer& b) {
  return a.effect == b.effect && a.judged == b.judged && a.rate_per_second == b.rate_per_second &&
         a.order == b.order;
}

std::string in_words(const Answer& answer) {
  const std::string what = answer.judged == model::Outcome::no        ? "refused"
                           : answer.judged == model::Outcome::limited ? "limited"
                                                                      : "let through";
  return what + " (" + model::to_string(answer.effect) +
         (answer.order == Digest{} ? "" : " by order " + answer.order.hex().substr(0, 12)) + ")";
}

void note(ReplayReport& report, std::uint64_t line, const std::string& what) {
  if (report.differences.size() == ReplayReport::kDifferencesMax) return;
  report.differences.push_back("line " + std::to_string(line) + ": " + what);
}

void replay_line(const Gate& gate, std::string_view line, std::uint64_t number,
                 ReplayReport& report) {
  const auto refusal = parse_refusal(line);
  if (!refusal) {
    ++report.unreadable;
    return note(report, number, refusal.error().message);
  }
  const Answer& recorded = refusal->answer;
  if (recorded.basis == Basis::none || recorded.snapshot_size != gate.snapshot_size() ||
      recorded.snapshot_made_at != gate.snapshot_made_at()) {
    ++report.other_snapshot;
  } else if (refusal->kept != Kept::whole) {
    ++report.not_whole;
  } else if (const Answer again = answer_of(gate, *refusal); same(again, recorded)) {
    ++report.agreeing;
  } else {
    ++report.differing;
    note(report, number, "recorded " + in_words(recorded) + ", judged again " + in_words(again));
  }
}

}  // namespace

void replay(const Gate& gate, std::string_view text, ReplayReport& report) {
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      report.cut_at_end = true;
      return;
    }
    replay_line(gate, text.substr(0, end), number, report);
    text.remove_prefix(end + 1);
  }
}

}  // namespace proviso::gates
