// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gates/live_gate.h"
#include "model/gate_snapshot.h"

namespace proviso::gate_daemon {

/// What a key of HAProxy's map says (docs/gate-haproxy.md).
enum class MapSays : std::uint8_t {
  deny,  ///< whatever it asks for is refused
  ask,   ///< some requests are refused or limited: the gate has to be asked
};
std::string_view to_string(MapSays says);

struct MapEntry {
  std::string key;
  MapSays says = MapSays::ask;
  bool operator==(const MapEntry&) const = default;
};
/// Sorted by key, each key once.
using MapEntries = std::vector<MapEntry>;

/// "SUBSCRIPTION/SERVICE" or, where `region` is not empty, "SUBSCRIPTION/SERVICE@REGION". Each part
/// percent-encoded as HAProxy's `url_enc` does it: all but letters, digits and "-._~".
std::string map_key(std::string_view subscription, std::string_view service,
                    std::string_view region);

/// Of whom HAProxy's map may have to say something, and when that may change. It only says what to
/// ask: each answer is the gate's. Immutable.
class HaproxyQuestions {
 public:
  HaproxyQuestions() = default;
  explicit HaproxyQuestions(const model::GateSnapshot& snapshot);
  /// Of a snapshot that the gate has taken. `corrupt`: what is none.
  static Result<HaproxyQuestions> from_snapshot(std::string_view snapshot_text);
  /// After a delta that the gate has taken. `corrupt`, `invalid_input`: what is none.
  [[nodiscard]] Result<HaproxyQuestions> with_delta(std::string_view delta_text) const;

  /// What the gate does now, as far as a map can say it: nothing of whom it lets do everything
  /// (I4). `deny` only where every operation is refused, whatever region and resource it names.
  [[nodiscard]] MapEntries ask(const gates::LiveGate& gate) const;
  /// Whether a stage begins, a gate begins to enforce or an order ends in (after, until], in
  /// seconds since 1970.
  [[nodiscard]] bool changes_in(std::int64_t after, std::int64_t until) const;
  /// False: made of no snapshot, so that what it does not name may be restricted all the same.
  [[nodiscard]] bool known() const { return known_; }
  /// How many subscriptions and services there are to ask about.
  [[nodiscard]] std::size_t size() const { return questions_.size(); }

 private:
  struct Resource {
    std::string region;  ///< empty: any
    std::string resource;
  };
  struct Question {
    std::string subscription;
    std::uint32_t service = 0;  // into services_
    gates::IdKey key;
    std::vector<std::string> regions;  // that lines name; sorted
    std::vector<Resource> resources;
  };
  struct Service {
    std::string name;
    std::vector<std::string> operations;
  };
  enum class Says : std::uint8_t { nothing, ask, deny };
  [[nodiscard]] Says judge(const Question& question, std::string_view region,
                           const gates::LiveGate& gate) const;
  void add_to(MapEntries& out, const Question& question, const gates::LiveGate& gate) const;

  [[nodiscard]] std::uint32_t number_of(const std::string& service,
                                        std::map<std::string, std::uint32_t>& numbers);
  void add(const model::GateSnapshot& more);
  static void add_line(const model::ScopeLine& line, Question& question);
  void add_changes(const model::Restriction& restriction);

  bool known_ = false;
  std::vector<Service> services_;
  std::vector<Question> questions_;
  std::vector<std::int64_t> changes_;  // sorted
};

}  // namespace proviso::gate_daemon
