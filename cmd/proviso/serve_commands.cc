// SPDX-License-Identifier: Apache-2.0
// serve, token: the server of a data folder, and who may ask it what is not public.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "context.h"
#include "server/serve.h"
#include "server/tokens.h"

namespace proviso::cmd {
namespace {

struct ServeCommandOptions {
  int port = -1;
  std::int64_t scrub_hours = 24;
  bool routes = false;
  std::string name;
  std::vector<std::string> scopes;
  std::int64_t days = 0;
};

Result<int> serve(const ServeCommandOptions& options, const Context& context, Random& random) {
  if (options.routes) {
    std::fputs(server::list_routes().c_str(), stdout);
    return kDone;
  }
  if (context.dir.empty()) return fail(Errc::invalid_input, "no data folder (give -d DIR)");
  server::ServeOptions wanted;
  if (options.port >= 0) wanted.port = static_cast<std::uint16_t>(options.port);
  wanted.scrub_every = std::chrono::hours{options.scrub_hours};
  TRY_VOID(server::serve(context.dir, wanted, context.clock, random));
  return kDone;
}

Result<std::string> tokens_path(const Context& context) {
  const server::FolderPaths paths{context.dir};
  if (context.dir.empty()) return fail(Errc::invalid_input, "no data folder (give -d DIR)");
  if (!real_file_system().exists(paths.config())) {
    return fail(Errc::not_found, context.dir + ": not a data folder");
  }
  return paths.tokens();
}

Result<int> token_new(const ServeCommandOptions& options, Context& context) {
  const std::string path = TRY(tokens_path(context));
  server::NewToken wanted{options.name, options.scopes, {}};
  if (options.days != 0) wanted.days = options.days;
  const std::string token = TRY(server::make_token(path, wanted, context.clock, context.random));
  context.print(Json::Object{{"name", options.name}, {"token", token}},
                format("{}\nIt is shown once and kept nowhere.\n", token));
  return kDone;
}

Result<int> token_list(Context& context) {
  const std::string path = TRY(tokens_path(context));
  for (const server::Token& token : TRY(server::read_tokens(path))) {
    Json::Array scopes;
    std::string words;
    for (const std::string& scope : token.scopes) {
      scopes.emplace_back(scope);
      words += (words.empty() ? "" : " ") + scope;
    }
    const std::string end = token.ends_at ? format_time(*token.ends_at) : "";
    context.print(Json::Object{{"ends_at", end.empty() ? Json() : Json(end)},
                               {"made_at", format_time(token.made_at)},
                               {"name", token.name},
                               {"scopes", std::move(scopes)}},
                  format("{}: {}, made {}, {}\n", token.name, words, format_time(token.made_at),
                         end.empty() ? "does not end" : "ends " + end));
  }
  return kDone;
}

Result<int> token_remove(const ServeCommandOptions& options, Context& context) {
  const std::string path = TRY(tokens_path(context));
  TRY_VOID(server::remove_token(path, options.name));
  context.print(Json::Object{{"name", options.name}},
                "removed; a running server refuses it from now on\n");
  return kDone;
}

void add_token_commands(CLI::App& app, const std::shared_ptr<ServeCommandOptions>& o,
                        Context& context) {
  auto* token = app.add_subcommand("token", "who may ask the server what is not public");
  token->require_subcommand(1);
  auto* make = token->add_subcommand("new", "make a token; it is shown once");
  make->add_option("NAME", o->name, "what it is for; no person's name")->required();
  make->add_option("--scope", o->scopes, "what it is good for: metrics")->required();
  make->add_option("--days", o->days, "it ends after these (default: it does not)")
      ->check(CLI::Range(1, 3650));
  make->callback([o, &context] { context.run([&] { return token_new(*o, context); }); });
  auto* list = token->add_subcommand("list", "names, scopes and ends");
  list->callback([&context] { context.run([&] { return token_list(context); }); });
  auto* remove = token->add_subcommand("remove", "end a token at once");
  remove->add_option("NAME", o->name, "its name")->required();
  remove->callback([o, &context] { context.run([&] { return token_remove(*o, context); }); });
}

}  // namespace

void add_serve_commands(CLI::App& app, Context& context) {
  auto o = std::make_shared<ServeCommandOptions>();
  auto* command = app.add_subcommand("serve", "serve the ledger over HTTP until SIGTERM");
  command->add_option("--port", o->port, "instead of the configured one; 0: a free one")
      ->check(CLI::Range(0, 65535));
  command
      ->add_option("--scrub-hours", o->scrub_hours,
                   "from one reading of the whole ledger to the next (24); 0: none")
      ->check(CLI::Range(0, 8760));
  command->add_flag("--routes", o->routes, "print each route and who may call it, and end");
  command->callback(
      [o, &context] { context.run([&] { return serve(*o, context, context.random); }); });
  add_token_commands(app, o, context);
}

}  // namespace proviso::cmd
