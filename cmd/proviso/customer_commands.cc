// SPDX-License-Identifier: Apache-2.0
// ledger index, list, index-key: how a customer finds all entries about itself.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "cases/customer_index.h"
#include "cases/customer_list.h"
#include "context.h"

namespace proviso::cmd {
namespace {

struct CustomerOptions {
  std::string customer;
  std::string out;
};

Result<int> publish_index(Context& context) {
  auto folder = TRY(context.folder());
  const cases::IndexDone done = TRY(cases::publish_index(folder->record()));
  context.print(Json::Object{{"entry", done.index},
                             {"from", done.published.from},
                             {"to", done.published.to},
                             {"tags", done.published.tags}},
                format("index: entry {} covers {} tags of entries {} to {}\n", done.index,
                       done.published.tags, done.published.from, done.published.to));
  return kDone;
}

Result<void> check_customer(server::DataFolder& folder, const std::string& customer) {
  if (folder.customers().customer(customer) != nullptr) return {};
  return fail(Errc::not_found, "--customer: the register has none of that id");
}

Result<int> list(const CustomerOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  TRY_VOID(check_customer(*folder, options.customer));
  const model::CustomerList list = TRY(cases::customer_list(folder->record(), options.customer));
  const std::string text = TRY(model::write_customer_list(list));
  TRY_VOID(write_private(options.out, text));
  std::size_t entries = 0;
  for (const model::ListedKey& key : list.keys) entries += key.entries.size();
  context.print(Json::Object{{"entries", entries}, {"list", options.out}},
                format("list {}: {} entries\n  check it with: ledger-verify list {} --trust "
                       "trust.json\n",
                       options.out, entries, options.out));
  return kDone;
}

Result<int> index_key(const CustomerOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  TRY_VOID(check_customer(*folder, options.customer));
  const model::IndexKeys keys = TRY(cases::customer_keys(folder->record(), options.customer));
  TRY_VOID(write_private(options.out, model::write_index_keys(keys)));
  context.print(Json::Object{{"keys", keys.keys.size()}, {"file", options.out}},
                format("index keys {}: {}, for this customer alone\n  its entries are found with: "
                       "ledger-verify log LOG --trust trust.json --index-key {}\n",
                       options.out, keys.keys.size(), options.out));
  return kDone;
}

}  // namespace

void add_customer_lists(CLI::App& group, Context& context) {
  auto o = std::make_shared<CustomerOptions>();
  auto* index_command = group.add_subcommand(
      "index", "for a timer: commit to the index in which customers find their entries");
  index_command->callback([&context] { context.run([&] { return publish_index(context); }); });
  auto* list_command = group.add_subcommand(
      "list", "all entries about a customer, with proof that none is missing (ledger-verify list)");
  auto* key_command = group.add_subcommand(
      "index-key", "a customer's index keys: with them it finds its entries in the whole log");
  for (auto* command : {list_command, key_command}) {
    command->add_option("--customer", o->customer, "of whom")->required();
    command->add_option("--out", o->out, "file, which only you can read")->required();
  }
  list_command->callback([o, &context] { context.run([&] { return list(*o, context); }); });
  key_command->callback([o, &context] { context.run([&] { return index_key(*o, context); }); });
}

}  // namespace proviso::cmd
