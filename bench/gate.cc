// SPDX-License-Identifier: Apache-2.0
// What a check costs in process, beside a bare hash table that only tells yes from no.
//
//   gate [--subscriptions N] [--turns N]      checks: 100,000 restricted subscriptions, two
//   services
//                                             each, 90 % of the requests of others; as strings, as
//                                             keys, in batches; every answer is held against what
//                                             was put in
//   gate --table N                            the table alone with N restrictions: single and batch
//   gate --swap MILLISECONDS                  single checks while the whole table is replaced so
//                                             often: the tail
//   gate --deltas N [--turns N]               deltas of one order each to a gate with N: taken and
//                                             enforced; and what checks cost while a second table
//                                             is there
//   gate --load N                             a snapshot of N orders (proposal, two approvals, two
//                                             lines each): verified and laid out
//
// CPU time of one thread (with --swap and --load wall time), medians of --turns; what is compared
// takes turns, so that all meet the same machine. Limits: docs/performance.md.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "base/file_system.h"
#include "gates/live_gate.h"
#include "gates/read_section.h"
#include "gates/table_builder.h"
#include "gates/testing/world.h"

namespace {

using namespace proviso;
using gates::Answer;
using gates::IdKey;
using gates::Request;
using gates::testing::World;

constexpr std::size_t kRequests = 1U << 15U;  // so many different ones, over and over
constexpr std::size_t kRounds = 32;           // in one turn
constexpr std::size_t kBatch = 32;
const char* const kServices[] = {"object-storage", "speech", "database"};

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "bench_gate: %s\n", what.c_str());
  std::exit(1);
}

double nanoseconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}
double now() { return nanoseconds(CLOCK_MONOTONIC); }
double cpu() { return nanoseconds(CLOCK_THREAD_CPUTIME_ID); }

std::string guid(SeededRandom& random) {
  char text[40];
  const std::uint64_t a = random.next();
  const std::uint64_t b = random.next();
  std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(a >> 32U),
                static_cast<unsigned>(a >> 16U) & 0xffffU, static_cast<unsigned>(a) & 0xffffU,
                static_cast<unsigned>(b >> 48U),
                static_cast<unsigned long long>(b & 0xffffffffffffU));
  return text;
}

// Requests with their true answers: restricted are the first two services of `restricted`.
struct Asked {
  std::vector<std::string> ids;
  std::vector<Request> requests;
  std::vector<IdKey> keys;
  std::vector<const gates::ServiceKeys*> services;  // one for each route, as a program has them
  std::vector<bool> refused;
};

const char* operation_of(std::size_t service) { return service == 1 ? "Recognize" : "PutObject"; }

Asked ask(const std::vector<std::string>& restricted, SeededRandom& random) {
  static const std::vector<gates::ServiceKeys> routes = [] {
    std::vector<gates::ServiceKeys> all;
    for (std::size_t s = 0; s < 3; ++s) {
      all.push_back(gates::LiveGate::service_keys(kServices[s], operation_of(s)));
    }
    return all;
  }();
  Asked out;
  out.ids.reserve(kRequests);
  for (std::size_t i = 0; i < kRequests; ++i) {
    const bool known = random.below(10) == 0;
    const std::size_t service = random.below(3);
    out.ids.push_back(known ? restricted[random.below(restricted.size())] : guid(random));
    out.requests.push_back(
        {out.ids.back(), kServices[service], operation_of(service), "eu-west", ""});
    out.services.push_back(&routes[service]);
    out.keys.push_back(gates::LiveGate::subscription_key(out.ids.back()));
    out.refused.push_back(known && service < 2);
  }
  return out;
}

// The floor: open addressing over 64-bit hashes of subscription and service, no reasons, no times,
// no verification of what was found. Half full.
class FlatTable {
 public:
  explicit FlatTable(std::size_t count) {
    std::size_t size = 1;
    while (size < count * 2) size *= 2;
    slots_.resize(size);
  }
  static std::uint64_t hash(std::string_view text, std::uint64_t seed) {
    std::uint64_t h = seed;
    for (std::size_t i = 0; i < text.size(); i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + i, std::min<std::size_t>(8, text.size() - i));
      h = (h ^ word) * 0x9e3779b97f4a7c15U;
      h ^= h >> 32U;
    }
    return h | 1;
  }
  void add(std::string_view subscription, std::string_view service) {
    const std::uint64_t key = hash(service, hash(subscription, 7));
    std::size_t at = key >> 20U & (slots_.size() - 1);
    while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = key;
  }
  [[nodiscard]] bool has(std::string_view subscription, std::string_view service) const {
    const std::uint64_t key = hash(service, hash(subscription, 7));
    std::size_t at = key >> 20U & (slots_.size() - 1);
    while (slots_[at] != 0 && slots_[at] != key) at = (at + 1) & (slots_.size() - 1);
    return slots_[at] == key;
  }

 private:
  std::vector<std::uint64_t> slots_;
};

model::Order order_of(std::size_t number, const std::vector<std::string>& subscriptions,
                      std::size_t begin, std::size_t end) {
  model::Order order = gates::testing::restriction_of("unused", "speech", '7');
  char nonce[33];
  std::snprintf(nonce, sizeof nonce, "%032zx", number);
  order.nonce = nonce;
  model::Restriction& r = *order.restriction;
  r.scope.clear();
  for (std::size_t i = begin; i < end; ++i) {
    for (const char* service : {kServices[0], kServices[1]}) {
      r.scope.push_back(
          {model::SubscriptionId(subscriptions[i]), model::ServiceId(service), {}, {}, {}});
    }
  }
  r.stages = {{gates::testing::at("2026-11-07T00:00:00Z"), {model::EffectKind::export_only, 0}}};
  r.until = gates::testing::at("2027-04-30T00:00:00Z");
  r.services_not_affected.clear();
  return order;
}

std::string snapshot_of(const std::vector<std::string>& subscriptions, std::size_t per_order) {
  World world;
  std::size_t number = 0;
  for (std::size_t i = 0; i < subscriptions.size(); i += per_order) {
    const std::size_t end = std::min(subscriptions.size(), i + per_order);
    world.put_in_force(
        model::testing::sign_order(order_of(number++, subscriptions, i, end), {"ada", "ben"}),
        "2026-11-06T00:00:00Z");
  }
  return world.snapshot_text();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

double fastest(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

class AtNoon final : public gates::Clocks {  // 12 December 2026, when all of it is in force
 public:
  [[nodiscard]] std::int64_t wall() const noexcept override {
    return system_.steady() - begin_ + kNoon;
  }
  [[nodiscard]] std::int64_t steady() const noexcept override { return system_.steady(); }

 private:
  static constexpr std::int64_t kNoon = 1'797'076'800;
  gates::SystemClocks system_;
  std::int64_t begin_ = system_.steady();
};

std::vector<std::string> some_ids(std::size_t count, SeededRandom& random) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(guid(random));
  return out;
}

void check_count(std::size_t refused, const Asked& asked, const char* who) {
  const auto expected =
      static_cast<std::size_t>(std::count(asked.refused.begin(), asked.refused.end(), true));
  if (refused != expected) {
    give_up(std::string(who) + " refused " + std::to_string(refused) + " requests, not " +
            std::to_string(expected));
  }
}

template <class Body>
double timed(const Asked& asked, const char* who, const Body& body) {
  const double begin = cpu();
  for (std::size_t round = 0; round < kRounds; ++round) check_count(body(), asked, who);
  return (cpu() - begin) / static_cast<double>(kRequests * kRounds);
}

// Each answer, not only their number.
void check_answers(const gates::LiveGate& live, const Asked& asked) {
  for (std::size_t i = 0; i < kRequests; ++i) {
    const Answer one = live.check(asked.requests[i]);
    const Answer by_keys = live.check(asked.keys[i], *asked.services[i], asked.requests[i]);
    if (one.refused() != asked.refused[i] || by_keys.refused() != asked.refused[i]) {
      give_up("a wrong answer to " + asked.ids[i]);
    }
  }
}

void bench_checks(std::size_t count, std::size_t turns) {
  SeededRandom random(1);
  const auto ids = some_ids(count, random);
  const AtNoon clocks;
  gates::LiveGateSettings settings;
  settings.trust = World().trust();
  auto gate = gates::LiveGate::open(settings, clocks, real_file_system());
  if (!gate) give_up(gate.error().message);
  const auto taken = (*gate)->offer(snapshot_of(ids, 100));
  if (!taken) give_up(taken.error().message);
  const gates::LiveGate& live = **gate;
  FlatTable floor(count * 2);
  for (const std::string& id : ids) {
    for (const char* service : {kServices[0], kServices[1]}) floor.add(id, service);
  }
  const Asked asked = ask(ids, random);
  check_answers(live, asked);
  std::vector<Answer> answers(kBatch);
  std::vector<std::vector<double>> times(5);
  for (std::size_t turn = 0; turn < turns; ++turn) {
    times[0].push_back(timed(asked, "the floor", [&] {
      std::size_t refused = 0;
      for (const Request& r : asked.requests) refused += floor.has(r.subscription, r.service);
      return refused;
    }));
    times[1].push_back(timed(asked, "check", [&] {
      std::size_t refused = 0;
      for (const Request& r : asked.requests) refused += live.check(r).refused();
      return refused;
    }));
    times[2].push_back(timed(asked, "check by key", [&] {
      std::size_t refused = 0;
      for (std::size_t i = 0; i < kRequests; ++i) {
        refused += live.check(asked.keys[i], asked.requests[i]).refused();
      }
      return refused;
    }));
    times[3].push_back(timed(asked, "check by keys of all", [&] {
      std::size_t refused = 0;
      for (std::size_t i = 0; i < kRequests; ++i) {
        refused += live.check(asked.keys[i], *asked.services[i], asked.requests[i]).refused();
      }
      return refused;
    }));
    times[4].push_back(timed(asked, "check_batch", [&] {
      std::size_t refused = 0;
      for (std::size_t i = 0; i < kRequests; i += kBatch) {
        live.check_batch(std::span(asked.requests).subspan(i, kBatch), answers);
        for (const Answer& answer : answers) refused += answer.refused();
      }
      return refused;
    }));
  }
  const double bare = median(times[0]);
  std::printf("%zu restricted subscriptions, %zu restrictions, 10 %% of requests by them\n", count,
              count * 2);
  const char* const names[] = {"bare hash table", "check", "check by key", "check by keys",
                               "check_batch of 32"};
  for (std::size_t i = 0; i < times.size(); ++i) {
    std::printf("  %-18s %6.1f ns  %.2f of the bare table  fastest turn %.1f ns\n", names[i],
                median(times[i]), median(times[i]) / bare, fastest(times[i]));
  }
  std::printf("  memory %.1f bytes a restriction\n",
              static_cast<double>(live.status().table_bytes) / static_cast<double>(count * 2));
}

gates::PackedTable table_of(const std::vector<std::string>& ids) {
  gates::TableBuilder builder(gates::KeySeed::of_process());
  const Time begin = gates::testing::at("2026-11-10T00:00:00Z");
  std::uint32_t order = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i % 100 == 0) {
      order = builder.add_order({.digest = sha256(ids[i]),
                                 .term = "T",
                                 .until = {},
                                 .review = {},
                                 .schedule = {{begin, {model::EffectKind::deny, 0}}},
                                 .catalogue = 0});
    }
    for (const char* service : {kServices[0], kServices[1]}) {
      const auto added = builder.add_line(
          {model::SubscriptionId(ids[i]), model::ServiceId(service), {}, {}, {}}, order);
      if (!added) give_up(added.error().message);
    }
  }
  const std::vector<model::Catalogue> catalogues = {model::testing::sample_catalogue()};
  auto table = builder.finish(catalogues);
  if (!table) give_up(table.error().message);
  return *std::move(table);
}

// What LiveGate::check does, without its answer.
bool is_refused(const gates::PackedTable& table, const Request& request, gates::Instants at) {
  const gates::ReadSection section;
  const auto record =
      table.find(gates::LiveGate::subscription_key(request.subscription), request.subscription);
  return record != nullptr && table.judge(record, request, at).outcome == model::Outcome::no;
}

std::size_t refused_in_batch(const gates::LayeredTable& table, std::span<const Request> requests,
                             gates::Instants at) {
  const gates::ReadSection section;
  std::array<IdKey, kBatch> keys;
  std::array<gates::LayeredTable::Hit, kBatch> hits;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    keys[i] = gates::LiveGate::subscription_key(requests[i].subscription);
  }
  const std::size_t found = table.find_batch(keys, requests, hits);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < found; ++i) {
    const auto judged = table.judge(hits[i].found, requests[hits[i].number], at);
    refused += judged.outcome == model::Outcome::no ? 1U : 0U;
  }
  return refused;
}

void bench_table(std::size_t restrictions, std::size_t turns) {
  SeededRandom random(1);
  const auto ids = some_ids(restrictions / 2, random);
  const double begin = now();
  const auto base = std::make_shared<const gates::BaseTable>(table_of(ids));
  const double built = (now() - begin) / 1e9;
  const gates::PackedTable& table = base->table();
  const gates::LayeredTable layered(base, nullptr, {}, std::numeric_limits<std::int64_t>::max());
  const Asked asked = ask(ids, random);
  const AtNoon clocks;
  const gates::Instants at{clocks.wall(), clocks.wall()};
  std::vector<double> single;
  std::vector<double> batch;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    single.push_back(timed(asked, "the table", [&] {
      std::size_t refused = 0;
      for (const Request& r : asked.requests) refused += is_refused(table, r, at) ? 1U : 0U;
      return refused;
    }));
    batch.push_back(timed(asked, "the batch", [&] {
      std::size_t refused = 0;
      for (std::size_t i = 0; i < kRequests; i += kBatch) {
        refused += refused_in_batch(layered, std::span(asked.requests).subspan(i, kBatch), at);
      }
      return refused;
    }));
  }
  std::printf(
      "%llu restrictions: single %.1f ns (fastest turn %.1f), batch of 32 %.1f ns each (%.1f); "
      "%.1f bytes each; laid out in %.1f s\n",
      static_cast<unsigned long long>(table.line_count()), median(single), fastest(single),
      median(batch), fastest(batch),
      static_cast<double>(table.bytes()) / static_cast<double>(table.line_count()), built);
}

// Each check is timed by itself; the clock's own cost is in the figures.
void bench_swap(std::size_t every_ms) {
  SeededRandom random(1);
  const auto ids = some_ids(100'000, random);
  const Asked asked = ask(ids, random);
  const AtNoon clocks;
  const gates::Instants at{clocks.wall(), clocks.wall()};
  for (const bool swapping : {false, true}) {
    std::atomic<const gates::PackedTable*> current = new gates::PackedTable(table_of(ids));
    std::atomic<bool> stop = false;
    std::size_t swaps = 0;
    std::jthread writer([&] {
      while (swapping && !stop) {
        const gates::PackedTable* old = current.exchange(new gates::PackedTable(table_of(ids)));
        gates::wait_for_readers();
        delete old;
        ++swaps;
        std::this_thread::sleep_for(std::chrono::milliseconds(every_ms));
      }
    });
    std::vector<float> times;
    times.reserve(kRequests * 512);
    const double end = now() + 10e9;
    for (std::size_t i = 0; times.size() < kRequests * 512 && now() < end; ++i) {
      const Request& request = asked.requests[i % kRequests];
      const double begin = now();
      {
        const gates::ReadSection section;
        const bool refused = is_refused(*current.load(std::memory_order_acquire), request, at);
        if (refused != asked.refused[i % kRequests]) give_up("a wrong answer during a swap");
      }
      times.push_back(static_cast<float>(now() - begin));
    }
    stop = true;
    writer.join();
    std::sort(times.begin(), times.end());
    const auto at_share = [&](double share) {
      return static_cast<double>(
          times[static_cast<std::size_t>(static_cast<double>(times.size()) * share)]);
    };
    std::printf(
        "%s: %zu swaps, p50 %.0f ns, p99 %.0f, p99.9 %.0f, p99.99 %.0f (of it the clock %.0f)\n",
        swapping ? "while swapping" : "at rest", swaps, at_share(0.5), at_share(0.99),
        at_share(0.999), at_share(0.9999), [] {
          std::vector<double> pairs;
          for (int i = 0; i < 10'000; ++i) {
            const double a = now();
            pairs.push_back(now() - a);
          }
          return median(pairs);
        }());
    delete current.load();
  }
}

std::string folder() {
  std::string path = "/tmp/proviso-bench-gate-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) give_up("no temporary folder");
  return path;
}

double ns_a_check(const gates::LiveGate& live, const Asked& asked, std::size_t turns) {
  std::vector<double> times;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    times.push_back(timed(asked, "check", [&] {
      std::size_t refused = 0;
      for (const Request& r : asked.requests) refused += live.check(r).refused();
      return refused;
    }));
  }
  return median(times);
}

// From the delta's text to the first refusal by it, with its fdatasync.
void bench_deltas(std::size_t orders, std::size_t turns) {
  SeededRandom random(1);
  const auto ids = some_ids(orders, random);
  std::printf("signing %zu orders...\n", orders);
  World world;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    world.put_in_force(model::testing::sign_order(order_of(i, ids, i, i + 1), {"ada", "ben"}),
                       "2026-11-06T00:00:00Z");
  }
  const AtNoon clocks;
  gates::LiveGateSettings settings;
  settings.trust = world.trust();
  settings.state_dir = folder();
  settings.stage_freshness = std::chrono::hours(24 * 365);
  auto gate = gates::LiveGate::open(settings, clocks, real_file_system());
  if (!gate) give_up(gate.error().message);
  gates::LiveGate& live = **gate;
  const auto whole = live.offer(world.snapshot_text());
  if (!whole) give_up(whole.error().message);
  const Asked asked = ask(ids, random);
  const double alone = ns_a_check(live, asked, turns);
  const auto more = some_ids(100, random);
  std::vector<double> taken;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < more.size(); ++i) {
    const auto order =
        model::testing::sign_order(order_of(orders + i, more, i, i + 1), {"ada", "ben"});
    model::GateDelta delta;
    delta.from = live.state();
    const auto index = world.put_in_force(order, "2026-11-06T00:00:00Z");
    delta.ledger = settings.trust.ledger;
    delta.made_at = delta.from.made_at;
    delta.checkpoint = world.checkpoint();
    delta.consistency = world.consistency(delta.from.size);
    delta.added = {{order, world.prove(index)}};
    auto sum = model::OrderSum::from(delta.from.orders);
    sum.add(sha256(order.canonical));
    delta.orders = sum.value();
    const std::string text = model::write_delta(delta);
    bytes += text.size();
    const Request request{more[i], kServices[0], "PutObject", "", ""};
    if (live.check(request).refused()) give_up("refused before its order");
    const double begin = now();
    const auto done = live.offer_delta(text);
    const bool refused = live.check(request).refused();
    taken.push_back((now() - begin) / 1e6);
    if (!done) give_up(done.error().message);
    if (!refused) give_up("not refused by its order");
  }
  std::sort(taken.begin(), taken.end());
  std::printf(
      "%zu orders: a delta of one order (%zu bytes) taken, kept and enforced in %.2f ms (median; "
      "p99 %.2f)\n  a check %.1f ns with one table, %.1f ns with a second one of %zu orders\n",
      orders, bytes / more.size(), median(taken), taken[taken.size() - 2], alone,
      ns_a_check(live, asked, turns), more.size());
}

void bench_load(std::size_t orders) {
  SeededRandom random(1);
  std::printf("signing %zu orders...\n", orders);
  const std::string text = snapshot_of(some_ids(orders, random), 1);
  const AtNoon clocks;
  gates::LiveGateSettings settings;
  settings.trust = World().trust();
  std::string dir = (std::filesystem::temp_directory_path() / "proviso-bench-gate-XXXXXX").string();
  if (::mkdtemp(dir.data()) == nullptr) give_up("no temporary folder");
  settings.state_dir = dir;
  auto gate = gates::LiveGate::open(settings, clocks, real_file_system());
  if (!gate) give_up(gate.error().message);
  double begin = now();
  const auto taken = (*gate)->offer(text);
  if (!taken) give_up(taken.error().message);
  std::printf(
      "cold: %zu orders, %.0f MB, verified, kept and laid out in %.2f s; table %.1f bytes a "
      "restriction\n",
      orders, static_cast<double>(text.size()) / 1e6, (now() - begin) / 1e9,
      static_cast<double>((*gate)->status().table_bytes) / static_cast<double>(orders * 2));
  begin = now();
  (*gate)->tick();
  std::printf("  its image written in %.2f s\n", (now() - begin) / 1e9);
  (*gate).reset();
  begin = now();
  gate = gates::LiveGate::open(settings, clocks, real_file_system());
  const double warm = (now() - begin) / 1e9;
  if (!gate || (*gate)->status().orders != orders) give_up("it did not start with what it kept");
  std::printf("warm: started with what it kept in %.2f s\n", warm);
  gate->reset();
  std::filesystem::remove_all(dir);
}

}  // namespace

int main(int count, char** words) {
  std::size_t subscriptions = 100'000;
  std::size_t turns = 9;
  std::size_t table = 0;
  std::size_t swap = 0;
  std::size_t load = 0;
  std::size_t deltas = 0;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = words[i];
    const std::size_t value = std::strtoull(words[i + 1], nullptr, 10);
    if (name == "--subscriptions") subscriptions = value;
    if (name == "--turns") turns = std::max<std::size_t>(1, value);
    if (name == "--table") table = value;
    if (name == "--swap") swap = value;
    if (name == "--load") load = value;
    if (name == "--deltas") deltas = value;
  }
  if (table != 0) {
    bench_table(table, turns);
  } else if (swap != 0) {
    bench_swap(swap);
  } else if (deltas != 0) {
    bench_deltas(deltas, turns);
  } else if (load != 0) {
    bench_load(load);
  } else {
    bench_checks(subscriptions, turns);
  }
}
