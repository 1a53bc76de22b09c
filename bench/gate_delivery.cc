// SPDX-License-Identifier: Apache-2.0
// From the last signature to the gates, all in one process on real files and loopback sockets: a
// provider's store and ledger with --orders orders in force, its server, and one real gate that is
// fed by it. The clock runs from the beginning of the approval that puts an order in force to the
// first check that refuses; and the same for a lift, to the first that lets pass. Each answer is
// checked: before it nothing is refused, and a neighbour never is.
//
//   gate_delivery [--orders N] [--turns N] [--gates N]
//
// With --gates, so many more are connected, which take a delta without verifying it, and answer;
// "last gate" is when the last of them has it. Limits (docs/performance.md): 20 ms for one gate
// with 100,000 orders, aim 5; 1 s for the last of 1,000, aim 200 ms.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "base/encoding.h"
#include "base/signing.h"
#include "cases/casework.h"
#include "cases/register_store.h"
#include "decisions/envelope.h"
#include "decisions/order_store.h"
#include "gate_daemon/server_link.h"
#include "gates/gate_statement.h"
#include "http/channel_client.h"
#include "http/server.h"
#include "model/testing/people.h"
#include "server/gate_hub.h"

namespace {

using namespace proviso;
using model::testing::key_of;
using Steady = std::chrono::steady_clock;

struct Settings {
  std::size_t orders = 1'000;
  std::size_t turns = 50;
  std::size_t gates = 0;
};

Settings parse(int count, char** words) {
  Settings out;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = words[i];
    const auto n = static_cast<std::size_t>(std::strtoull(words[i + 1], nullptr, 10));
    if (name == "--orders") out.orders = n;
    if (name == "--turns") out.turns = n;
    if (name == "--gates") out.gates = n;
  }
  return out;
}

void must(bool held, const char* what) {
  if (held) return;
  std::fprintf(stderr, "gate_delivery: %s\n", what);
  std::exit(1);
}
template <class T>
T must(Result<T> result) {
  if (!result) must(false, result.error().message.c_str());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

ledger::NoteSigner ledger_signer() {
  return must(ledger::NoteSigner::make(model::testing::kLedger, key_of("ledger")));
}

std::string subscription(std::size_t i) { return "sub-" + std::to_string(i); }

/// A founded provider on disk with one customer, who has a subscription for each order.
class Provider {
 public:
  Provider(std::string dir, std::size_t subscriptions) : dir_(std::move(dir)) {
    must(ledger::Log::create(real_file_system(), dir_ + "/ledger", ledger_signer(),
                             model::testing::kLedger));
    auto log = must(ledger::Log::open(real_file_system(), dir_ + "/ledger", ledger_signer(),
                                      model::testing::kLedger));
    record_ = must(cases::Record::open(must(cases::Database::open(dir_ + "/store")), std::move(log),
                                       model::testing::kLedger, "a hash key", clock, random_));
    found();
    std::string lines =
        "{\"kind\":\"customer\",\"id\":\"c\",\"name\":\"c\"}\n"
        "{\"kind\":\"unit\",\"id\":\"u\",\"customer\":\"c\"}\n"
        "{\"kind\":\"agreement\",\"id\":\"a\",\"customer\":\"c\"}\n";
    for (std::size_t i = 0; i < subscriptions; ++i) {
      lines += "{\"agreement\":\"a\",\"id\":\"" + subscription(i) +
               "\",\"kind\":\"subscription\",\"unit\":\"u\"}\n";
    }
    must(cases::load_register(*record_, "r.jsonl", lines));
    register_ = must(cases::read_register(record_->database()));
    terms_ = must(model::Terms::parse(terms_json()));
    casework_ = std::make_unique<cases::Casework>(*record_, register_, terms_);
    case_ = must(casework_->add_report("press", "c", "it was in the paper")).case_id;
  }

  /// Orders [0, count), put in force by writing what approvals would leave, a thousand at a time.
  void put_many_in_force(std::size_t count) {
    for (std::size_t begin = 0; begin < count; begin += 1'000) {
      must(record_->change([&]() -> Result<void> {
        for (std::size_t i = begin; i < std::min(begin + 1'000, count); ++i) TRY_VOID(put(i));
        return {};
      }));
    }
  }

  Digest propose(std::size_t i) {
    decisions::Proposal p;
    p.case_id = case_;
    p.scope = {must(model::parse_scope_line(subscription(i) + "/object-storage"))};
    p.stages = {{floor_second(clock.now()), {model::EffectKind::export_only, 0}}};
    p.until = floor_second(clock.now()) + std::chrono::days{90};
    p.terms = {"T-1"};
    p.reason = "because";
    auto orders = open();
    return must(orders.propose(p, key_of("petra")));
  }
  Digest propose_lift(const Digest& order) { return must(open().propose_lift(order, "over")); }
  /// As a command does that hands in a signature.
  bool approve(const Digest& order, const char* name) {
    auto orders = open();
    const auto row = must(orders.find(order));
    const auto envelope = must(decisions::make_envelope(row.signed_order.canonical, key_of(name)));
    return must(orders.approve(order, envelope)).in_force;
  }
  [[nodiscard]] model::TrustRoot trust() {
    const auto rows =
        must(record_->database().query("SELECT bytes FROM outbox WHERE kind='genesis'"));
    model::TrustRoot out;
    out.ledger = model::testing::kLedger;
    out.ledger_key = ledger_signer().verifier().format();
    out.genesis = sha256(rows.at(0).text(0));
    return out;
  }

  SystemClock clock;

 private:
  decisions::Orders open() {
    return must(decisions::Orders::open(*record_, *casework_, register_));
  }
  static Json terms_json() {
    return must(parse_json(R"({"version":1,"terms":[{"id":"T-1","version":3,"title":"t",
      "clause":"c","group":"surveillance","elements":[{"id":"E1","text":"bulk"}]}]})"));
  }
  void found() {
    model::Genesis genesis = model::testing::sample_genesis();
    genesis.ledger_key = ledger_signer().verifier().format();
    genesis.documents.terms = sha256(canonical_json(terms_json()));
    must(record_->change([&]() -> Result<void> {
      cases::Database& db = record_->database();
      const Json catalogue = model::testing::sample_catalogue_json();
      TRY_VOID(decisions::store_document(db, "catalogue", canonical_json(catalogue),
                                         genesis.documents.catalogue));
      TRY_VOID(decisions::store_document(db, "terms", canonical_json(terms_json()),
                                         genesis.documents.terms));
      const Json document = model::genesis_to_json(genesis);
      const auto entry = record_->entry(model::entry_kind::genesis, document, Json::Object{});
      TRY_VOID(db.run("INSERT INTO meta VALUES ('genesis',:p0)", {canonical_json(document)}));
      return db.run("INSERT INTO meta VALUES ('genesis_entry',:p0)", {entry.value});
    }));
  }
  Result<void> put(std::size_t i) {
    model::Order order = model::testing::sample_restriction();
    order.nonce = hex_encode(random_.bytes(16));
    order.proposed_at = floor_second(clock.now());
    order.restriction->scope = {must(model::parse_scope_line(subscription(i) + "/object-storage"))};
    order.restriction->stages = {{order.proposed_at, {model::EffectKind::export_only, 0}}};
    order.restriction->until = order.proposed_at + std::chrono::days{90};
    const model::SignedOrder done = model::testing::sign_order(order, {"ada", "ben"});
    const std::string digest = sha256(done.canonical).hex();
    const auto entry = record_->entry_about(case_, model::entry_kind::order_in_force,
                                            model::in_force_public(done), Json::Object{});
    cases::Database& db = record_->database();
    TRY_VOID(
        db.run("INSERT INTO orders (digest, kind, case_id, canonical, reason, proposal, "
               "state, proposed_at, in_force_entry, in_force_at, protected_reason) VALUES "
               "(:p0,'restrict',:p1,:p2,'',:p3,'in_force',:p4,:p5,:p4,'')",
               {digest, case_.value, done.canonical,
                canonical_json(model::signature_to_json(*done.proposal)),
                format_time(order.proposed_at), entry.value}));
    TRY_VOID(decisions::store_scope(db, digest, *order.restriction));
    for (const model::Signature& approval : done.approvals) {
      TRY_VOID(
          db.run("INSERT INTO approvals (order_digest, signature, approved_at) VALUES "
                 "(:p0,:p1,:p2)",
                 {digest, canonical_json(model::signature_to_json(approval)),
                  format_time(order.proposed_at)}));
    }
    return {};
  }

  std::string dir_;
  SystemRandom random_;
  std::unique_ptr<cases::Record> record_;
  model::Register register_;
  model::Terms terms_;
  std::unique_ptr<cases::Casework> casework_;
  model::CaseId case_;
};

ledger::NoteSigner gate_signer(std::size_t i) {
  const std::string name = "gate-" + std::to_string(i) + ".example";
  return must(ledger::NoteSigner::make(name, key_of(name)));
}

/// A gate that believes what it is sent: it takes time of its own, but verifies nothing.
class QuickGate final : public http::ChannelListener {
 public:
  QuickGate(std::size_t number, const model::GateState& stands_on, std::atomic<std::size_t>& ready,
            std::atomic<std::size_t>& got)
      : signer_(gate_signer(number)), stands_on_(stands_on), ready_(ready), got_(got) {}
  void opened(const std::shared_ptr<http::Channel>& channel) override { channel_ = channel; }
  void received(std::string message) override {
    const auto line = message.find('\n');
    const std::string_view body = std::string_view(message).substr(line + 1);
    if (message.starts_with("challenge")) {
      challenge_ = body;
      say(stands_on_);
      ++ready_;
      return;
    }
    ++got_;
    model::GateState state;
    std::string checkpoint;
    if (message.starts_with("delta")) {
      const auto delta = must(model::parse_delta(body));
      state.made_at = delta.made_at;
      state.orders = delta.orders;
      checkpoint = delta.checkpoint;
    } else {
      const auto snapshot = must(model::parse_snapshot(body));
      model::OrderSum sum;
      for (const auto& order : snapshot.restrictions) sum.add(sha256(order.order.canonical));
      state.made_at = snapshot.made_at;
      state.orders = sum.value();
      checkpoint = snapshot.checkpoint;
    }
    const auto note = must(ledger::split_note(checkpoint));
    const auto head = must(ledger::Checkpoint::parse(note.text));
    state.size = head.size;
    state.root = head.root;
    say(state);
  }
  void ended() override {}
  [[nodiscard]] std::size_t message_bytes_max() const override { return 500U << 20U; }

 private:
  void say(const std::optional<model::GateState>& state) {
    gates::GateStatement out;
    out.gate = signer_.name;
    out.ledger = model::testing::kLedger;
    out.challenge = challenge_;
    out.said_at = floor_second(SystemClock().now());
    out.mode = "enforce";
    out.state = state;
    channel_->send("statement\n" + gates::sign_statement(out, signer_));
  }
  const ledger::NoteSigner signer_;
  const model::GateState stands_on_;
  std::string challenge_;
  std::atomic<std::size_t>& ready_;
  std::atomic<std::size_t>& got_;
  std::shared_ptr<http::Channel> channel_;
};

double milliseconds_since(Steady::time_point begin) {
  return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

void print_row(const char* what, std::vector<double> times) {
  if (times.empty()) return;
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[std::min(times.size() - 1,
                          static_cast<std::size_t>(share * static_cast<double>(times.size())))];
  };
  std::printf("%-34s median %8.2f ms   p99 %8.2f ms   largest %8.2f ms\n", what, at(0.5), at(0.99),
              times.back());
}

template <class Until>
double wait_until(Steady::time_point begin, Until until) {
  while (!until()) {
    must(milliseconds_since(begin) < 600'000, "it did not come within ten minutes");
    // Not at full speed: what is measured needs the cores.
    std::this_thread::sleep_for(std::chrono::microseconds{50});
  }
  return milliseconds_since(begin);
}

/// The server and its gates; what stands here first ends last.
class Delivery {
 public:
  Delivery(Provider& provider, const std::string& dir, std::size_t gates)
      : provider_(provider), dir_(dir), gates_(gates) {
    http::declare_server_metrics(metrics_);
    server::declare_gate_metrics(metrics_);
    start_server();
    start_real_gate();
    start_others();
  }

  bool refuses(std::size_t i) const {
    return gate_
        ->check({.subscription = subscription(i),
                 .service = "object-storage",
                 .operation = "PutObject",
                 .region = "",
                 .resource = ""})
        .refused();
  }
  // How many messages the simulated gates have had, all together.
  [[nodiscard]] std::size_t got() const { return got_; }

 private:
  void start_server() {
    std::string keys;
    for (std::size_t i = 0; i <= gates_; ++i) keys += gate_signer(i).verifier().format() + "\n";
    must(real_file_system().write_durable(dir_ + "/gates.keys", keys));
    server::GateHubSettings settings;
    settings.source.store = dir_ + "/store";
    settings.source.log_dir = dir_ + "/ledger/log";
    settings.source.key = ledger_signer().verifier();
    settings.source.origin = model::testing::kLedger;
    settings.store_dir = dir_;
    settings.keys_file = dir_ + "/gates.keys";
    settings.records_dir = dir_ + "/gates";
    hub_ = server::GateHub::start({real_file_system(), provider_.clock, log_, metrics_},
                                  std::move(settings));
    router_.add({http::Method::get, "/gates/stream", http::Access::open(),
                 [this](const http::Request&, const http::PathValues&) {
                   http::Response out;
                   out.channel = hub_->new_end();
                   return out;
                 }});
    http::ServerSettings limits;
    limits.clients.connections_max = gates_ + 64;
    limits.clients.connections_per_client_max = gates_ + 64;
    limits.clients.requests_per_second = 0;
    server_ = must(http::Server::listen(limits, router_, log_, metrics_, random_));
    serving_ = std::jthread([this] { server_->run(http::Server::Signals::ignored); });
    stop_server_.server = server_.get();
    url_ = must(http::Url::parse("http://127.0.0.1:" + std::to_string(server_->port())));
  }

  void start_real_gate() {
    gates::LiveGateSettings settings;
    settings.trust = provider_.trust();
    settings.state_dir = dir_ + "/gate";
    gate_ = must(gates::LiveGate::open(settings, clocks_, real_file_system()));
    link_ = std::make_unique<gate_daemon::ServerLink>(
        *gate_, clocks_, log_,
        gate_daemon::ServerLinkSettings{.url = url_,
                                        .token = "",
                                        .ca_file = "",
                                        .ledger = model::testing::kLedger,
                                        .identity = gate_signer(0)},
        nullptr, nullptr);
    const auto begin = Steady::now();
    linking_ = std::jthread([this](const std::stop_token& stop) { link_->run(stop); });
    wait_until(begin, [this] { return gate_->status().has_state; });
    std::printf("the whole snapshot, made, sent, verified: %.1f s\n",
                milliseconds_since(begin) / 1000);
  }

  // They come back knowing what the real gate knows, as after a restart of the server: a thousand
  // whole snapshots at once would be another measurement.
  void start_others() {
    const model::GateState known = gate_->state();
    const auto begin = Steady::now();
    for (std::size_t i = 1; i <= gates_; ++i) {
      others_.emplace_back([this, i, known](const std::stop_token& stop) {
        http::ChannelCall call{.url = url_, .token = "", .ca_file = ""};
        call.url.path = "/gates/stream";
        call.time = std::chrono::seconds{60};
        const auto ended =
            http::call_channel(call, std::make_shared<QuickGate>(i, known, ready_, got_), stop);
        if (!ended) std::fprintf(stderr, "%s\n", ended.error().message.c_str());
      });
    }
    wait_until(begin, [this] { return ready_ >= gates_; });
    if (gates_ > 0) {
      std::printf("%zu more gates connected in %.1f s\n", gates_, milliseconds_since(begin) / 1000);
    }
    std::this_thread::sleep_for(std::chrono::seconds{2});  // what they said is taken
  }

  struct StopServer {
    http::Server* server = nullptr;
    ~StopServer() {
      if (server != nullptr) server->stop();
    }
  };

  Provider& provider_;
  const std::string dir_;
  const std::size_t gates_;
  const EventLog log_{provider_.clock, [](std::string_view line) {
                        const bool is_news = line.find("refused") != std::string_view::npos ||
                                             line.find("not_fed") != std::string_view::npos;
                        if (is_news) {
                          std::fprintf(stderr, "%.*s", static_cast<int>(line.size()), line.data());
                        }
                      }};
  Metrics metrics_;
  SystemRandom random_;
  std::unique_ptr<server::GateHub> hub_;
  http::Router router_{[](std::string_view, std::string_view) { return http::Grant::granted; }};
  std::unique_ptr<http::Server> server_;
  std::jthread serving_;
  StopServer stop_server_;
  http::Url url_;
  const gates::SystemClocks clocks_;
  std::unique_ptr<gates::LiveGate> gate_;
  std::unique_ptr<gate_daemon::ServerLink> link_;
  std::jthread linking_;
  std::atomic<std::size_t> ready_ = 0;
  std::atomic<std::size_t> got_ = 0;
  std::vector<std::jthread> others_;
};

struct Times {
  std::vector<double> decided;
  std::vector<double> cut;
  std::vector<double> lifted;
  std::vector<double> last;
};

// Cuts subscription `i` off and lifts it again.
void one_turn(Provider& provider, Delivery& delivery, const Settings& settings, std::size_t i,
              Times& times) {
  const Digest order = provider.propose(i);
  must(!provider.approve(order, "ada"), "one approval put an order in force");
  must(!delivery.refuses(i), "it is refused before it was decided");
  const std::size_t before = delivery.got();
  auto begin = Steady::now();
  std::thread deciding([&] {
    must(provider.approve(order, "ben"), "two approvals did not put it in force");
    times.decided.push_back(milliseconds_since(begin));
  });
  times.cut.push_back(wait_until(begin, [&] { return delivery.refuses(i); }));
  if (settings.gates > 0) {
    times.last.push_back(
        wait_until(begin, [&] { return delivery.got() >= before + settings.gates; }));
  }
  deciding.join();
  must(!delivery.refuses(settings.orders + settings.turns), "a neighbour is refused");
  const Digest lift = provider.propose_lift(order);
  begin = Steady::now();
  std::thread lifting([&] { must(provider.approve(lift, "cleo"), "one approval did not lift"); });
  times.lifted.push_back(wait_until(begin, [&] { return !delivery.refuses(i); }));
  lifting.join();
  if (settings.gates == 0) return;
  wait_until(begin, [&] { return delivery.got() >= before + 2 * settings.gates; });
  std::this_thread::sleep_for(std::chrono::milliseconds{500});  // they answer
}

int run(const Settings& settings) {
  std::string dir = (std::filesystem::temp_directory_path() / "proviso-delivery-XXXXXX").string();
  must(::mkdtemp(dir.data()) != nullptr, "no temporary folder");
  const auto began = Steady::now();
  Provider provider(dir, settings.orders + settings.turns + 1);
  provider.put_many_in_force(settings.orders);
  std::printf("%zu orders in force: made in %.1f s\n", settings.orders,
              milliseconds_since(began) / 1000);
  {
    Delivery delivery(provider, dir, settings.gates);
    if (settings.orders > 0) must(delivery.refuses(0), "an order of before is not enforced");
    Times times;
    for (std::size_t turn = 0; turn < settings.turns; ++turn) {
      one_turn(provider, delivery, settings, settings.orders + turn, times);
    }
    print_row("the approval itself returns", times.decided);
    print_row("last signature to first refusal", times.cut);
    print_row("the lift's signature to first pass", times.lifted);
    print_row("last of the simulated gates has it", times.last);
  }
  std::filesystem::remove_all(dir);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return run(parse(count, words));
}
