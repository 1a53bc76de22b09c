// SPDX-License-Identifier: Apache-2.0
#include "server/gate_hub.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/encoding.h"
#include "base/folder_watch.h"
#include "base/random.h"
#include "gates/counts_audit.h"
#include "gates/gate_statement.h"
#include "server/gate_records.h"

namespace proviso::server {
namespace {

using decisions::GateCut;
using decisions::GateFeed;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view kConnected = "proviso_gates_connected";
constexpr std::string_view kKnown = "proviso_gates_known";
constexpr std::string_view kBehind = "proviso_gates_behind";
constexpr std::string_view kStatements = "proviso_gate_statements_total";
constexpr std::string_view kAlarms = "proviso_gate_alarms_total";

constexpr std::chrono::milliseconds kLookEvery{1000};
// What wakes the hub may do so at each write of a review: no more looks than this.
constexpr std::chrono::milliseconds kLookPause{1};
constexpr std::chrono::seconds kRetryMax{60};
constexpr std::chrono::minutes kWholeKept{10};
// From so many versions to the newest one; gates seldom stand on more than a few.
constexpr std::size_t kDeltasMax = 64;
// A gate says one thing for each that it is sent, and when its mode changes.
constexpr std::size_t kUnheardMax = 64;
// Of hourly counts, which come from all gates at once, so many between two looks.
constexpr std::size_t kCountsAtOnce = 4;
// Beyond these they are not heard; the gate sends them again.
constexpr std::size_t kCountsWaitingMax = 1024;
// Of one gate: more than a year's. A gate must not fill the ledger's disk.
constexpr std::size_t kCountsKeptMax = 10'000;
// After one that failed, no whole snapshot is tried for so long.
constexpr std::chrono::seconds kBuildPause{10};
constexpr std::chrono::seconds kReadKeysEvery{60};
// A statement that tells nothing new is kept on disk so seldom.
constexpr std::chrono::minutes kKeepEvery{10};

using Message = std::shared_ptr<const std::string>;

Message message_of(std::string_view word, std::string_view body) {
  std::string out;
  out.reserve(word.size() + 1 + body.size());
  out.append(word).append("\n").append(body);
  return std::make_shared<const std::string>(std::move(out));
}

// A gate's name can hold what a file's may not.
std::string file_name_of(const std::string& gate) {
  std::string out;
  for (const char c : gate) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || (c == '.' && !out.empty());
    out += plain ? std::string(1, c) : "%" + hex_encode(std::string_view(&c, 1));
  }
  return out.substr(0, 200);
}

// What a network thread leaves for the hub's.
struct Heard {
  enum class What : std::uint8_t { opened, message, ended };
  What what;
  std::uint64_t gate = 0;
  std::shared_ptr<http::Channel> channel;
  std::string message;
};

// A gate that is connected. `name` is empty until it has said who it is.
struct Gate {
  std::shared_ptr<http::Channel> channel;
  std::string challenge;  // to be in all that it says
  std::string name;
  std::optional<model::GateState> state;
  std::string mode;
  // What it stands on once it has taken what was sent, and not answered yet.
  std::optional<model::GateState> on_its_way;
  bool needs_whole = false;
  bool whole_was_sent = false;
  unsigned failures = 0;
  Steady::time_point next{};        // not before this
  Steady::time_point refused_at{};  // when it refused something last
};

}  // namespace

void declare_gate_metrics(Metrics& metrics) {
  metrics.gauge(kKnown, "Gates whose key the server has.");
  metrics.gauge(kConnected, "Of those, the ones that are connected.");
  metrics.gauge(kBehind, "Known gates that have not confirmed the newest version.");
  metrics.counter(kStatements, "What gates said: confirmed, refused, nothing (to enforce).");
  metrics.counter(kAlarms, "Of gates' hourly counts: no order in force stands behind a refusal.");
}

struct GateHub::Impl {
  Impl(Parts the_parts, GateHubSettings the_settings)
      : parts(the_parts),
        settings(std::move(the_settings)),
        records(parts.fs, settings.records_dir),
        watch({{settings.source.log_dir}, {settings.store_dir, true}}) {}

  // From network threads.
  void hear(Heard heard) {
    {
      const std::lock_guard lock(mutex);
      inbox.push_back(std::move(heard));
    }
    watch.wake();
  }

  void run(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { watch.wake(); });
    load_records();
    while (!stop.stop_requested()) {
      take_inbox();
      look_at_keys();
      look();
      feed_gates();
      take_counts();
      count();
      wait();
    }
    builder = {};
    for (auto& [id, gate] : gates) gate.channel->end();
  }

  // What a write to the store's file announces is seen a moment later, when it is on disk, and
  // nothing tells of that moment: so it looks again, ever later, until all is quiet.
  void wait() {
    std::this_thread::sleep_for(kLookPause);
    const auto most = counts_waiting.empty() ? std::min(until_next(), look_again) : 0ms;
    if (watch.wait(most)) {
      look_again = kLookPause;
    } else {
      look_again = std::min(2 * look_again, kLookEvery);
    }
  }

  // --- what is to be sent

  void look() {
    if (keys.empty()) return;  // nobody is to be fed
    if (!feed) {
      auto opened = GateFeed::open(settings.source, parts.fs);
      if (!opened) return not_fed(opened.error());
      feed = std::move(*opened);
    }
    const auto changed = feed->look(parts.clock.now(), settings.renew);
    if (!changed) return not_fed(changed.error());
    problem.clear();
    if (*changed) {
      deltas.clear();
      all_confirmed = false;
    }
  }

  // Gates keep what they have; said once, until it is another problem.
  void not_fed(const Error& error) {
    if (error.message == problem) return;
    problem = error.message;
    parts.log.write("gates_not_fed", {{"why", problem}});
  }

  // Also what covers more of the ledger, as the other thread's feed can have seen it, or was made
  // later, as by a clock that was set back since: the same orders under the same governance.
  [[nodiscard]] bool is_newest(const model::GateState& state) const {
    const model::GateState& newest = feed->newest()->state;
    return state.orders == newest.orders && state.size >= newest.size &&
           state.made_at >= newest.made_at;
  }

  // One for all gates that stand on the same version. Null: only the whole can tell.
  Message delta_from(const model::GateState& state) {
    const auto key = std::make_tuple(state.size, state.made_at, state.orders, state.root);
    const auto found = deltas.find(key);
    if (found != deltas.end()) return found->second;
    const auto delta = feed->delta(feed->cut_of(state));
    if (!delta) not_fed(delta.error());
    const Message message = delta && *delta ? message_of("delta", **delta) : nullptr;
    if (deltas.size() >= kDeltasMax) deltas.clear();
    deltas.emplace(key, message);
    return message;
  }

  void feed_gates() {
    if (!feed || !feed->newest()) return;
    take_built();
    const auto now = Steady::now();
    for (auto& [id, gate] : gates) {
      if (gate.name.empty() || gate.on_its_way || now < gate.next) continue;
      if (gate.state && is_newest(*gate.state)) continue;
      Message message;
      model::GateState then = feed->newest()->state;
      if (gate.state && !gate.needs_whole) message = delta_from(*gate.state);
      gate.whole_was_sent = !message;
      if (!message) {
        message = whole_for(gate);
        if (message) then = whole->cut.state;
      }
      if (!message) continue;  // it is being made
      if (gate.channel->send(message)) gate.on_its_way = then;
    }
    if (whole && now - whole_used > kWholeKept) whole.reset();
  }

  // --- whole snapshots: made on another thread, from a feed of its own

  struct Whole {
    GateCut cut;
    Message message;
    std::string problem;
    Steady::time_point begun{};
  };

  Message whole_for(const Gate& gate) {
    whole_used = Steady::now();
    if (whole && is_newest(whole->cut.state)) return whole->message;
    // One that a delta leads on from does as well, but for a gate that refused something since:
    // what it did not take may lie between.
    if (whole && whole->begun >= gate.refused_at && delta_from(whole->cut.state)) {
      return whole->message;
    }
    if (!building && Steady::now() >= build_after) build();
    return nullptr;
  }

  void build() {
    building = true;
    builder = std::jthread([this](const std::stop_token& stop) {
      const auto begun = Steady::now();
      Whole made = make_whole();
      made.begun = begun;
      if (stop.stop_requested()) return;
      {
        const std::lock_guard lock(mutex);
        built = std::move(made);
      }
      watch.wake();
    });
  }

  Whole make_whole() {
    const auto failed = [](const Error& error) { return Whole{{}, nullptr, error.message, {}}; };
    auto own = GateFeed::open(settings.source, parts.fs);
    if (!own) return failed(own.error());
    const auto looked = (*own)->look(parts.clock.now(), settings.renew);
    if (!looked) return failed(looked.error());
    const auto text = (*own)->snapshot();
    if (!text) return failed(text.error());
    if (text->size() > model::kSnapshotBytesMax) {
      return failed({Errc::exhausted, "the snapshot is over 480 MiB: gates cannot take it"});
    }
    return {*(*own)->newest(), message_of("snapshot", *text), {}, {}};
  }

  void take_built() {
    {
      const std::lock_guard lock(mutex);
      if (!built) return;
      whole = std::move(*built);
      built.reset();
    }
    building = false;
    if (!whole->problem.empty()) {
      parts.log.write("gates_not_fed", {{"why", whole->problem}});
      whole.reset();
      build_after = Steady::now() + kBuildPause;
      return;
    }
    feed->remember(whole->cut);
  }

  // --- what gates say

  void take_inbox() {
    std::vector<Heard> heard;
    {
      const std::lock_guard lock(mutex);
      heard.swap(inbox);
    }
    std::vector<GateRecordFile::Line> to_keep;
    for (Heard& one : heard) {
      switch (one.what) {
        case Heard::What::opened: open(one.gate, std::move(one.channel)); break;
        case Heard::What::message: take_message(one.gate, one.message, to_keep); break;
        case Heard::What::ended: drop(one.gate); break;
      }
    }
    const auto kept = records.append(to_keep);
    if (kept) return;
    parts.log.write("gate_statements_not_kept", {{"why", kept.error().message}});
    // What is said again is kept then.
    for (auto& [gate, record] : latest) record.received_at = {};
  }

  void open(std::uint64_t id, std::shared_ptr<http::Channel> channel) {
    Gate& gate = gates[id];
    gate.channel = std::move(channel);
    gate.challenge = hex_encode(random.bytes(gates::kChallengeDigits / 2));
    gate.channel->send("challenge\n" + gate.challenge);
  }

  void drop(std::uint64_t id) {
    const auto found = gates.find(id);
    if (found == gates.end()) return;
    if (!found->second.name.empty()) {
      parts.log.write("gate_gone", {{"gate", found->second.name}});
    }
    gates.erase(found);
  }

  void refuse(std::uint64_t id, const std::string& why) {
    const auto found = gates.find(id);
    parts.log.write("gate_turned_away", {{"why", why}});
    found->second.channel->send("bye\n" + why);
    found->second.channel->end();
    gates.erase(found);
  }

  void take_message(std::uint64_t id, std::string_view message,
                    std::vector<GateRecordFile::Line>& to_keep) {
    const auto found = gates.find(id);
    if (found == gates.end()) return;  // it was turned away
    constexpr std::string_view kWord = "statement\n";
    constexpr std::string_view kCounts = "counts\n";
    if (message.starts_with(kCounts) && !found->second.name.empty()) {
      if (counts_waiting.size() >= kCountsWaitingMax) return;
      counts_waiting.emplace_back(id, message.substr(kCounts.size()));
      return;
    }
    if (!message.starts_with(kWord)) return refuse(id, "a message that is no statement");
    const std::string_view note = message.substr(kWord.size());
    const auto statement = known_statement(note);
    if (!statement) return refuse(id, statement.error().message);
    Gate& gate = found->second;
    if (statement->challenge != gate.challenge) {
      return refuse(id, "it was said on another connection: the challenge is not this one's");
    }
    if (gate.name.empty()) {
      greet(id, *statement);
    } else if (gate.name != statement->gate) {
      return refuse(id, "it speaks for another gate than before");
    }
    take_statement(gate, *statement);
    keep(*statement, note, to_keep);
  }

  Result<gates::GateStatement> known_statement(std::string_view note) {
    const std::string name = TRY(gates::claimed_gate(note));
    auto key = keys.find(name);
    if (key == keys.end()) {
      read_keys();
      key = keys.find(name);
    }
    if (key == keys.end()) {
      return fail(Errc::denied, "no gate of this name is known: enter its key in gates.keys");
    }
    auto opened = gates::open_statement(note, key->second);
    if (!opened) {  // its key may be another one now
      read_keys();
      key = keys.find(name);
      if (key != keys.end()) opened = gates::open_statement(note, key->second);
    }
    gates::GateStatement statement = TRY(std::move(opened));
    if (statement.ledger == settings.source.origin) return statement;
    return fail(Errc::denied, "it trusts another ledger");
  }

  // A gate that comes back before its old connection was found dead takes that one's place.
  void greet(std::uint64_t id, const gates::GateStatement& statement) {
    for (auto it = gates.begin(); it != gates.end();) {
      const bool is_old = it->first != id && it->second.name == statement.gate;
      if (is_old) it->second.channel->end();
      it = is_old ? gates.erase(it) : std::next(it);
    }
    Gate& gate = gates.at(id);
    gate.name = statement.gate;
    gate.mode = statement.mode;
    parts.log.write("gate_connected",
                    {{"gate", gate.name},
                     {"mode", gate.mode},
                     {"version", statement.state ? Json(statement.state->size) : Json()}});
  }

  void take_statement(Gate& gate, const gates::GateStatement& statement) {
    if (statement.mode != gate.mode) {
      parts.log.write("gate_mode", {{"gate", gate.name}, {"mode", statement.mode}});
      gate.mode = statement.mode;
    }
    const bool answers = gate.on_its_way.has_value();
    // It said something else meanwhile, as that it is bypassed: the answer is still to come. So
    // whoever claims to stand on this and that is brought one thing, not one for each.
    if (answers && statement.refused.empty() && statement.state != gate.on_its_way) return;
    gate.state = statement.state;
    gate.on_its_way.reset();
    if (statement.refused.empty()) {
      gate.needs_whole = false;
      gate.failures = 0;
      gate.next = {};
      parts.metrics.add(kStatements, {{"outcome", statement.state ? "confirmed" : "nothing"}});
      return;
    }
    if (!answers) return;  // what it tells again when it connects
    parts.metrics.add(kStatements, {{"outcome", "refused"}});
    parts.log.write("gate_refused", {{"gate", gate.name}, {"why", statement.refused}});
    gate.refused_at = Steady::now();
    // The whole at once where a delta did not help; after that, ever more seldom.
    if (statement.needs_whole && !gate.whole_was_sent) {
      gate.needs_whole = true;
      return;
    }
    const auto wait = std::min<std::chrono::seconds>(
        kRetryMax, std::chrono::seconds{std::int64_t{1} << std::min(gate.failures, 6U)});
    ++gate.failures;
    gate.next = Steady::now() + wait;
  }

  void keep(const gates::GateStatement& statement, std::string_view note,
            std::vector<GateRecordFile::Line>& to_keep) {
    const Time now = floor_second(parts.clock.now());
    const auto found = latest.find(statement.gate);
    if (found != latest.end()) {
      const gates::GateStatement& before = found->second.statement;
      const auto orders = [](const gates::GateStatement& s) {
        return s.state ? std::pair(s.state->size, s.state->orders)
                       : std::pair<std::uint64_t, Digest>();
      };
      const bool same = orders(before) == orders(statement) && before.mode == statement.mode &&
                        before.refused == statement.refused;
      if (same && now - found->second.received_at < kKeepEvery) return;
    }
    latest.insert_or_assign(statement.gate, GateRecord{statement, now, {}});
    to_keep.push_back({now, std::string(note)});
  }

  // --- what they refused

  void take_counts() {
    for (std::size_t i = 0; i < kCountsAtOnce && !counts_waiting.empty(); ++i) {
      const auto [id, note] = std::move(counts_waiting.front());
      counts_waiting.pop_front();
      const auto gate = gates.find(id);
      if (gate == gates.end()) continue;  // it will send them again
      const auto taken = take_counts_of(gate->second, note);
      if (!taken) {
        parts.log.write("gate_counts_not_kept",
                        {{"gate", gate->second.name}, {"why", taken.error().message}});
        // What will never be good must not stand in the way of the next; what can be kept later
        // comes again.
        const Errc code = taken.error().code;
        if (code != Errc::denied && code != Errc::invalid_input) continue;
      }
      gate->second.channel->send("noted\n" + sha256(note).hex());
    }
  }

  Result<void> take_counts_of(const Gate& gate, const std::string& note) {
    const auto key = keys.find(gate.name);
    if (key == keys.end()) return fail(Errc::denied, "its key is no longer known");
    const auto counts = TRY(gates::open_counts(note, {&key->second, 1}));
    if (counts.ledger != settings.source.origin) {
      return fail(Errc::denied, "counts of another ledger's orders");
    }
    if (counts.hour > parts.clock.now() + std::chrono::hours{2}) {
      return fail(Errc::invalid_input, "counts of an hour to come");
    }
    const std::string dir = settings.records_dir + "/counts/" + file_name_of(gate.name);
    TRY_VOID(parts.fs.make_directories(dir));
    if (TRY(parts.fs.list(dir)).size() >= kCountsKeptMax) {
      return fail(Errc::exhausted, dir + ": holds " + std::to_string(kCountsKeptMax) +
                                       " documents (put old ones elsewhere)");
    }
    const std::string file = dir + "/" + format_time(counts.hour).substr(0, 13) + "-" +
                             sha256(note).hex().substr(0, 16) + ".note";
    if (parts.fs.exists(file)) return {};  // its "noted" was lost
    TRY_VOID(parts.fs.write_durable(file, note));
    for (const gates::CountsAlarm& alarm : gates::judge_counts(counts, known_orders_in(counts))) {
      parts.metrics.add(kAlarms, {{"class", alarm.error_class}});
      parts.log.write("gate_counts_alarm",
                      {{"gate", gate.name},
                       {"class", alarm.error_class},
                       {"order", alarm.order ? Json(alarm.order->hex()) : Json()},
                       {"requests", alarm.requests},
                       {"hour", format_time(counts.hour)}});
    }
    return {};
  }

  [[nodiscard]] gates::KnownOrders known_orders_in(const gates::GateCounts& counts) const {
    gates::KnownOrders out;
    if (!feed) return out;
    for (const auto& [order, sums] : counts.orders) {
      if (const auto span = feed->span_of(order))
        out.emplace(order, gates::OrderSpan{span->from, span->until});
    }
    return out;
  }

  // --- who they are

  // A gate whose key was taken out is served no more.
  void look_at_keys() {
    if (Steady::now() - keys_read < kReadKeysEvery) return;
    read_keys();
    std::vector<std::uint64_t> strangers;
    for (const auto& [id, gate] : gates) {
      if (!gate.name.empty() && !keys.contains(gate.name)) strangers.push_back(id);
    }
    for (const std::uint64_t id : strangers) refuse(id, "its key is no longer known");
  }

  void read_keys() {
    keys_read = Steady::now();
    auto read = read_gate_keys(parts.fs, settings.keys_file);
    if (read) {
      keys = *std::move(read);
    } else {
      parts.log.write("gate_keys_unreadable", {{"why", read.error().message}});
    }
  }

  void load_records() {
    read_keys();
    auto read = GateRecordFile::read(parts.fs, settings.records_dir, keys);
    if (read) latest = *std::move(read);
  }

  void count() {
    if (!feed || !feed->newest()) return;
    const model::GateState& newest = feed->newest()->state;
    std::size_t behind = 0;
    for (const auto& [name, key] : keys) {
      const auto found = latest.find(name);
      const bool is_there = found != latest.end() && found->second.statement.state &&
                            found->second.statement.mode == "enforce" &&
                            found->second.statement.state->size >= newest.size &&
                            found->second.statement.state->orders == newest.orders;
      if (!is_there) ++behind;
    }
    const auto connected = std::count_if(gates.begin(), gates.end(),
                                         [](const auto& g) { return !g.second.name.empty(); });
    parts.metrics.set(kKnown, static_cast<double>(keys.size()));
    parts.metrics.set(kConnected, static_cast<double>(connected));
    parts.metrics.set(kBehind, static_cast<double>(behind));
    if (behind > 0 || all_confirmed || keys.empty()) return;
    all_confirmed = true;
    parts.log.write("gates_confirmed", {{"version", newest.size}, {"gates", keys.size()}});
  }

  [[nodiscard]] std::chrono::milliseconds until_next() const {
    auto next = kLookEvery;
    const auto now = Steady::now();
    for (const auto& [id, gate] : gates) {
      if (gate.next <= now) continue;
      next = std::min(next, std::chrono::ceil<std::chrono::milliseconds>(gate.next - now));
    }
    return next;
  }

  const Parts parts;
  const GateHubSettings settings;

  // The hub's thread's own.
  SystemRandom random;
  std::unique_ptr<GateFeed> feed;
  std::string problem;
  std::map<std::tuple<std::uint64_t, Time, Digest, Digest>, Message> deltas;  // to the newest
  std::map<std::uint64_t, Gate> gates;
  GateKeys keys;
  GateRecords latest;
  GateRecordFile records;
  bool all_confirmed = false;
  std::chrono::milliseconds look_again = kLookEvery;
  std::deque<std::pair<std::uint64_t, std::string>> counts_waiting;  // by connection
  std::optional<Whole> whole;
  Steady::time_point whole_used{};
  bool building = false;
  Steady::time_point build_after{};
  Steady::time_point keys_read{};

  // Any thread's.
  FolderWatch watch;
  std::atomic<std::uint64_t> ends_made = 0;
  std::mutex mutex;  // guards what follows; never held for long
  std::vector<Heard> inbox;
  std::optional<Whole> built;

  std::jthread builder;
  std::jthread thread;  // ends first
};

namespace {

// The server's end of a gate's channel. Network threads call it while the hub's thread works.
template <class Impl>
class GateEnd final : public http::ChannelListener {
 public:
  GateEnd(std::weak_ptr<Impl> hub, std::uint64_t id) : hub_(std::move(hub)), id_(id) {}
  void opened(const std::shared_ptr<http::Channel>& channel) override {
    channel_ = channel;
    tell({Heard::What::opened, id_, channel, {}});
  }
  void received(std::string message) override {
    // Who says more than it is asked floods; what it says after this is not heard.
    if (++received_ > kUnheardMax && Steady::now() - since_ < 1s) return channel_->end();
    if (received_ > kUnheardMax) {
      received_ = 0;
      since_ = Steady::now();
    }
    tell({Heard::What::message, id_, nullptr, std::move(message)});
  }
  void ended() override { tell({Heard::What::ended, id_, nullptr, {}}); }
  [[nodiscard]] std::size_t message_bytes_max() const override {
    return ledger::kNoteBytesMax + 64;
  }

 private:
  void tell(Heard heard) {
    if (const auto hub = hub_.lock()) hub->hear(std::move(heard));
  }
  const std::weak_ptr<Impl> hub_;
  const std::uint64_t id_;
  std::shared_ptr<http::Channel> channel_;
  std::size_t received_ = 0;
  Steady::time_point since_ = Steady::now();
};

}  // namespace

std::unique_ptr<GateHub> GateHub::start(Parts parts, GateHubSettings settings) {
  auto impl = std::make_shared<Impl>(parts, std::move(settings));
  impl->thread = std::jthread([&self = *impl](const std::stop_token& stop) { self.run(stop); });
  return std::unique_ptr<GateHub>(new GateHub(std::move(impl)));
}

GateHub::GateHub(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

GateHub::~GateHub() {
  impl_->thread.request_stop();
  impl_->thread.join();
}

std::shared_ptr<http::ChannelListener> GateHub::new_end() {
  return std::make_shared<GateEnd<Impl>>(impl_, ++impl_->ends_made);
}

}  // namespace proviso::server
