// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include <gtest/gtest.h>
#include <unistd.h>

#include "cases/register_store.h"
#include "decisions/envelope.h"
#include "decisions/order_store.h"
#include "decisions/orders.h"
#include "model/testing/people.h"

namespace proviso::decisions::testing {

inline Json parse(std::string_view text) { return parse_json(text).value(); }

/// A founded provider in a temporary folder: model/testing/people.h's roster and catalogue, one
/// customer with two subscriptions under two agreements, one open case. Time is a ManualClock.
class Provider {
 public:
  enum class Founded : std::uint8_t { first, after_its_first_case, without_a_case };

  explicit Provider(Founded when = Founded::first, const cases::SealingPolicy& sealing = {})
      : dir_(make_dir()), sealing_(sealing) {
    make_ledger();
    reopen();
    if (when != Founded::after_its_first_case) found();
    load_register();
    if (when == Founded::without_a_case) return;
    const auto report = casework_->add_report("press", "customer-1", "it was in the paper").value();
    case_id = report.case_id;
    if (when == Founded::after_its_first_case) found();
  }
  ~Provider() {
    close();
    std::filesystem::remove_all(dir_);
  }
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  /// As a restart does: closes everything, opens it again and so finishes what is pending.
  void reopen() { reopen(clock); }
  void reopen(const Clock& time) {
    close();
    auto log =
        ledger::Log::open(real_file_system(), dir_ + "/ledger", signer(), model::testing::kLedger);
    record_ =
        cases::Record::open(cases::Database::open(dir_ + "/store").value(), std::move(log.value()),
                            model::testing::kLedger, "a hash key", time, random)
            .value();
    record_->set_sealing(sealing_);
    register_ = cases::read_register(record_->database()).value();
    terms_ = model::Terms::parse(terms_json()).value();
    casework_ = std::make_unique<cases::Casework>(*record_, register_, terms_);
  }

  [[nodiscard]] Orders orders() { return Orders::open(*record_, *casework_, register_).value(); }
  [[nodiscard]] cases::Record& record() { return *record_; }
  [[nodiscard]] cases::Casework& casework() { return *casework_; }
  [[nodiscard]] const std::string& dir() const { return dir_; }

  [[nodiscard]] Proposal proposal() const {
    Proposal p;
    p.case_id = case_id;
    p.scope = {model::parse_scope_line("sub-1/object-storage").value()};
    p.stages = {{clock.now(), {model::EffectKind::export_only, 0}}};
    p.until = clock.now() + std::chrono::days{90};
    p.terms = {"T-1"};
    p.reason = "because";
    return p;
  }
  /// As `register load` does, and sees the register that it left.
  Result<cases::RegisterLoad> load(const std::string& lines) {
    auto loaded = cases::load_register(*record_, "r.jsonl", lines);
    register_ = cases::read_register(record_->database()).value();
    return loaded;
  }
  /// How many entries of this kind were made, in the ledger or on their way to it.
  [[nodiscard]] std::int64_t entries(const std::string& kind) {
    return record_->database()
        .query("SELECT count(*) FROM outbox WHERE kind=:p0", {kind})
        .value()[0]
        .integer(0);
  }
  /// A signal about this subscription, in one change.
  Result<void> raise_signal(const std::string& id, const std::string& subscription) {
    const cases::SignalInput signal{
        .id = id,
        .subscription = model::SubscriptionId(subscription),
        .term_group = "surveillance",
        .document = Json::Object{{"rule", "r"}, {"signal", id}, {"subscription", subscription}},
        .figures = Json::Object{}};
    return record_->change([&] { return casework_->add_signal(signal); });
  }
  /// Signs with the name's key, as `order sign` would.
  Result<Approved> approve(const Digest& order, const std::string& name) {
    Orders all = orders();
    const OrderRow row = all.find(order).value();
    return all.approve(order,
                       *make_envelope(row.signed_order.canonical, model::testing::key_of(name)));
  }

  ManualClock clock{model::testing::at("2026-11-23T12:00:00Z")};
  SeededRandom random{7};
  model::CaseId case_id;

 private:
  static std::string make_dir() {
    std::string name = (std::filesystem::temp_directory_path() / "proviso-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    return name;
  }
  static ledger::NoteSigner signer() {
    return ledger::NoteSigner::make(model::testing::kLedger, model::testing::key_of("ledger"))
        .value();
  }
  static Json terms_json() {
    return parse(R"({"version":1,"terms":[{"id":"T-1","version":3,"title":"t","clause":"c",
      "group":"surveillance","elements":[{"id":"E1","text":"bulk"}]}]})");
  }
  void close() {
    casework_.reset();
    record_.reset();
  }
  void make_ledger() {
    ASSERT_TRUE(ledger::Log::create(real_file_system(), dir_ + "/ledger", signer(),
                                    model::testing::kLedger));
  }
  void found() {
    model::Genesis genesis = model::testing::sample_genesis();
    genesis.documents.terms = sha256(canonical_json(terms_json()));
    const auto body = [&]() -> Result<void> {
      cases::Database& db = record_->database();
      const Json catalogue = model::testing::sample_catalogue_json();
      TRY_VOID(
          store_document(db, "catalogue", canonical_json(catalogue), genesis.documents.catalogue));
      TRY_VOID(store_document(db, "terms", canonical_json(terms_json()), genesis.documents.terms));
      const Json document = model::genesis_to_json(genesis);
      const auto entry = record_->entry(model::entry_kind::genesis, document, Json::Object{});
      TRY_VOID(db.run("INSERT INTO meta VALUES ('genesis',:p0)", {canonical_json(document)}));
      return db.run("INSERT INTO meta VALUES ('genesis_entry',:p0)", {entry.value});
    };
    ASSERT_TRUE(record_->change(body));
  }
  void load_register() {
    const auto loaded = load(R"({"kind":"customer","id":"customer-1","name":"c"}
{"kind":"customer","id":"customer-2","name":"d","protected_classes":["news-medium"]}
{"kind":"unit","id":"u1","customer":"customer-1"}
{"kind":"unit","id":"u2","customer":"customer-2"}
{"kind":"agreement","id":"a1","customer":"customer-1"}
{"kind":"agreement","id":"a2","customer":"customer-1"}
{"kind":"agreement","id":"a3","customer":"customer-2"}
{"kind":"subscription","id":"sub-1","unit":"u1","agreement":"a1"}
{"kind":"subscription","id":"sub-2","unit":"u1","agreement":"a2"}
{"kind":"subscription","id":"sub-3","unit":"u2","agreement":"a3"}
)");
    ASSERT_TRUE(loaded) << loaded.error().message;
  }

  std::string dir_;
  cases::SealingPolicy sealing_;
  std::unique_ptr<cases::Record> record_;
  model::Register register_;
  model::Terms terms_;
  std::unique_ptr<cases::Casework> casework_;
};

}  // namespace proviso::decisions::testing
