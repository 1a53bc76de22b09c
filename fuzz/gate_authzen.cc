// SPDX-License-Identifier: Apache-2.0
// Bodies of AuthZEN requests, before a gate that restricts one subscription. Whatever they are, the
// answer is JSON with status 200, or a sentence with 400; and nobody else is refused.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "gate_daemon/authzen.h"
#include "gates/testing/manual_clocks.h"
#include "gates/testing/world.h"

namespace {

using namespace proviso;
using namespace proviso::gate_daemon;

struct Host {
  Host() {
    model::Order order = gates::testing::restriction_of("sub-1", "speech", '1');
    order.restriction->stages = {
        {model::testing::at("2026-11-07T00:00:00Z"), {model::EffectKind::deny, 0}}};
    world.put_in_force(model::testing::sign_order(order, {"ada", "ben"}), "2026-11-06T00:00:00Z");
    gates::LiveGateSettings settings;
    settings.trust = world.trust();
    gate = *gates::LiveGate::open(std::move(settings), clocks, real_file_system());
    CHECK(gate->offer(world.snapshot_text()));
    names.set(*Names::from_snapshot(world.snapshot_text()));
    checks = std::make_unique<Checks>(*gate, clocks);
    authzen = std::make_unique<Authzen>(*checks, names, AuthzenSettings{});
  }
  gates::testing::World world;
  gates::testing::ManualClocks clocks{model::testing::at("2026-11-08T00:00:30Z")};
  std::unique_ptr<gates::LiveGate> gate;
  Latest<Names> names;
  std::unique_ptr<Checks> checks;
  std::unique_ptr<Authzen> authzen;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Host host;
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  const std::string_view body(copy.get(), size);
  const HttpField type{"Content-Type", "application/json"};
  for (const char* path :
       {"/access/v1/evaluation", "/access/v1/evaluations", "/access/v1/search/subject",
        "/access/v1/search/resource", "/access/v1/search/action"}) {
    const HttpRequest request{.method = "POST", .target = path, .fields = {&type, 1}, .body = body};
    const std::uint64_t refused = host.checks->tally().done().refused;
    HttpAnswer answer;
    host.authzen->answer(request, answer);
    CHECK(answer.status == 200 || answer.status == 400);
    if (answer.status == 200) CHECK(parse_json(answer.body));
    // The name may be written with escapes.
    if (host.checks->tally().done().refused != refused) {
      CHECK(body.find('1') != std::string_view::npos);
    }
  }
  return 0;
}
