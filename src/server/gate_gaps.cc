// SPDX-License-Identifier: Apache-2.0
#include "server/gate_gaps.h"

#include <map>
#include <optional>
#include <vector>

#include "decisions/stages.h"
#include "model/order.h"

namespace proviso::server {
namespace {

struct Gap {
  Time since{};
  std::string why;
};

struct OpenGap {
  Time since{};
  std::int64_t version = 0;
};

struct Change {
  std::string gate;
  OpenGap gap;
  std::optional<Time> until;  // it has ended
  std::string why;
};

class Gaps {
 public:
  Gaps(cases::Record& record, const GateKeys& keys, const GateRecords& records, Duration silent)
      : record_(record), keys_(keys), records_(records), silent_(silent), now_(record.now()) {}

  Result<std::vector<Change>> changes() {
    const auto open = TRY(open_gaps());
    std::vector<Change> out;
    for (const auto& [gate, key] : keys_) {
      const auto gap = TRY(gap_of(gate));
      const auto known = open.find(gate);
      if (gap && known == open.end()) {
        out.push_back({gate, {gap->since, version_of(gate)}, std::nullopt, gap->why});
      } else if (!gap && known != open.end()) {
        out.push_back({gate, known->second, records_.at(gate).received_at, ""});
      }
    }
    for (const auto& [gate, gap] : open) {
      if (!keys_.contains(gate)) out.push_back({gate, gap, now_, "its key was taken out"});
    }
    return out;
  }

 private:
  Result<std::map<std::string, OpenGap>> open_gaps() {
    std::map<std::string, OpenGap> out;
    const auto rows = TRY(record_.database().query("SELECT gate, since, version FROM gate_gaps"));
    for (const cases::SqlRow& row : rows) {
      const Time since = TRY(parse_time(row.text(1)));
      out.emplace(row.text(0), OpenGap{since, row.integer(2)});
    }
    return out;
  }

  [[nodiscard]] std::int64_t version_of(const std::string& gate) const {
    const auto found = records_.find(gate);
    if (found == records_.end() || !found->second.statement.state) return 0;
    return static_cast<std::int64_t>(found->second.statement.state->size);
  }

  Result<std::optional<Gap>> gap_of(const std::string& gate) {
    const auto found = records_.find(gate);
    const auto missed = TRY(first_missed(version_of(gate)));
    if (found == records_.end()) {
      if (!missed) return std::optional<Gap>();
      return std::optional(Gap{*missed, "nothing was heard of it"});
    }
    const gates::GateStatement& said = found->second.statement;
    const Time heard = found->second.received_at;
    if (said.mode != "enforce") return std::optional(Gap{heard, "mode " + said.mode});
    if (missed) {
      const std::string why =
          said.refused.empty() ? "it stands on an earlier version" : "it refused what it was sent";
      return std::optional(Gap{said.state ? *missed : std::max(*missed, heard), why});
    }
    if (said.state && now_ - said.state->made_at > silent_) {
      return std::optional(Gap{said.state->made_at, "nothing was heard of it"});
    }
    return std::optional<Gap>();
  }

  // When gates were to be told of the first order that is not under a checkpoint of `size`.
  Result<std::optional<Time>> first_missed(std::int64_t size) {
    const auto known = first_missed_.find(size);
    if (known != first_missed_.end()) return known->second;
    const auto rows = TRY(record_.database().query(
        "SELECT o.canonical, o.in_force_at FROM orders o "
        "JOIN outbox x ON x.entry = o.in_force_entry "
        "WHERE x.ledger_index >= :p0 AND o.in_force_at <= :p1 ORDER BY x.ledger_index",
        {size, format_time(floor_second(now_ - kGapAfter))}));
    std::optional<Time> first;
    for (const cases::SqlRow& row : rows) {
      const model::Order order = TRY(model::parse_order(row.text(0)));
      Time told = TRY(parse_time(row.text(1)));
      if (order.restriction) told = decisions::known_to_gates_from(*order.restriction, told);
      if (told > now_ - kGapAfter) continue;
      first = told;
      break;
    }
    first_missed_.emplace(size, first);
    return first;
  }

  cases::Record& record_;
  const GateKeys& keys_;
  const GateRecords& records_;
  const Duration silent_;
  const Time now_;
  std::map<std::int64_t, std::optional<Time>> first_missed_;  // by version
};

Result<void> put_on_record(cases::Record& record, const Change& change) {
  cases::Database& db = record.database();
  record.entry(model::entry_kind::confirmation_gap,
               Json::Object{{"gap", change.until ? "ended" : "begun"},
                            {"gate", record.keyed_hash("gate\n" + change.gate)},
                            {"version", change.gap.version}},
               Json::Object{{"from", format_time(change.gap.since)},
                            {"gate", change.gate},
                            {"until", change.until ? Json(format_time(*change.until)) : Json()},
                            {"why", change.why}});
  if (change.until) return db.run("DELETE FROM gate_gaps WHERE gate=:p0", {change.gate});
  return db.run("INSERT INTO gate_gaps (gate, since, version) VALUES (:p0,:p1,:p2)",
                {change.gate, format_time(change.gap.since), change.gap.version});
}

}  // namespace

Result<GapsDone> record_gaps(cases::Record& record, const GateKeys& keys,
                             const GateRecords& records, std::chrono::seconds renew) {
  const auto changes = TRY(Gaps(record, keys, records, silent_after(renew)).changes());
  GapsDone done;
  if (changes.empty()) return done;
  const auto body = [&]() -> Result<void> {
    for (const Change& change : changes) {
      TRY_VOID(put_on_record(record, change));
      ++(change.until ? done.ended : done.begun);
    }
    return {};
  };
  TRY_VOID(record.change(body));
  return done;
}

}  // namespace proviso::server
