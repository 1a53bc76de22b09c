// SPDX-License-Identifier: Apache-2.0
#include "model/register.h"

#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

#include "base/json.h"
#include "model/catalogue.h"
#include "model/terms.h"
#include "provider_sim/simulate.h"

namespace proviso::provider_sim {
namespace {

Json default_document(const std::string& name) {
  std::ifstream file(PROVISO_SOURCE_DIR "/contract/defaults/" + name);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto document = parse_json(text);
  EXPECT_TRUE(document) << document.error().message;
  return document ? *document : Json();
}

model::Register register_of(const Options& options) {
  model::Register out;
  const auto written = write_register(options, [&](std::string_view line) -> Result<void> {
    const Json record = TRY(parse_json(line));
    return out.add(record);
  });
  EXPECT_TRUE(written) << written.error().message;
  const auto finished = out.finish();
  EXPECT_TRUE(finished) << finished.error().message;
  return out;
}

Options small(std::string_view scenario) {
  Options options;
  options.scenario = scenario;
  options.hours = 2;
  options.background = 60;
  return options;
}

TEST(SimulatedRegister, IsConsistentAndKnowsEverySubscription) {
  for (const ScenarioInfo& scenario : scenarios()) {
    const Options options = small(scenario.name);
    const model::Register known = register_of(options);
    const auto summary =
        simulate(options, Format::usage, [&](std::string_view line) -> Result<void> {
          const Json record = TRY(parse_json(line));
          const std::string* id = record.find("data")->find("subscription")->if_string();
          EXPECT_NE(known.subscription(*id), nullptr) << *id;
          return {};
        });
    EXPECT_TRUE(summary) << scenario.name;
  }
}

TEST(SimulatedRegister, MillionCallsIsOneCustomerWithTwoOfEach) {
  const model::Register known = register_of(small("million-calls"));
  const auto subscriptions = known.subscriptions_of(model::CustomerId("cust-public-body"));
  ASSERT_EQ(subscriptions.size(), 2U);
  EXPECT_NE(subscriptions[0]->unit, subscriptions[1]->unit);
  EXPECT_NE(subscriptions[0]->agreement, subscriptions[1]->agreement);
}

// So that no operation of the simulation falls into class `other` for want of
// an entry.
TEST(DefaultCatalogue, KnowsWhatTheSimulatorDoes) {
  const auto catalogue = model::Catalogue::parse(default_document("catalogue.json"));
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  for (const ScenarioInfo& scenario : scenarios()) {
    const auto summary =
        simulate(small(scenario.name), Format::usage, [&](std::string_view line) -> Result<void> {
          const Json record = TRY(parse_json(line));
          const std::string& service = *record.find("data")->find("service")->if_string();
          const std::string& operation = *record.find("data")->find("operation")->if_string();
          EXPECT_NE(catalogue->class_of(service, operation), model::ActionClass::other)
              << service << " " << operation;
          return {};
        });
    EXPECT_TRUE(summary);
  }
}

TEST(DefaultCatalogue, ExportHasNamesOfItsOwn) {
  const auto catalogue = model::Catalogue::parse(default_document("catalogue.json"));
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  EXPECT_EQ(catalogue->class_of("storage", "GetObject"), model::ActionClass::read);
  EXPECT_EQ(catalogue->class_of("storage", "BulkCopy"), model::ActionClass::export_data);
  EXPECT_EQ(catalogue->class_of("s3.amazonaws.com", "PutObject"), model::ActionClass::write);
  EXPECT_EQ(catalogue->class_of("storage", "no such operation"), model::ActionClass::other);
  for (const std::string_view service :
       {"storage", "speech", "inference", "database", "security"}) {
    EXPECT_TRUE(catalogue->has_export(service)) << service;
  }
}

TEST(DefaultTerms, EachHasElements) {
  const auto terms = model::Terms::parse(default_document("terms.json"));
  ASSERT_TRUE(terms) << terms.error().message;
  EXPECT_NE(terms->find("T-SURVEILLANCE"), nullptr);
  for (const model::Term& term : terms->all()) {
    EXPECT_FALSE(term.elements.empty()) << term.id.value;
    std::set<std::string> ids;
    for (const model::TermElement& element : term.elements) {
      EXPECT_TRUE(ids.insert(element.id).second) << term.id.value;
    }
  }
}

}  // namespace
}  // namespace proviso::provider_sim
