// SPDX-License-Identifier: Apache-2.0
#include "gates/gate_image.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "base/check.h"
#include "gates/gate_parts.h"
#include "gates/proven_entry.h"
#include "gates/table_builder.h"
#include "gates/table_layout.h"

namespace proviso::gates {
namespace {

// Written into every image. Raise it when an image means something else: then gates start cold.
constexpr std::int64_t kVersion = 2;
constexpr std::size_t kDigest = 32;

class Writer {
 public:
  template <class T>
  void number(T value) {
    static_assert(std::is_integral_v<T>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    out_ += text;
  }
  std::string& bytes() { return out_; }

 private:
  std::string out_;
};

std::unexpected<Error> damaged() { return fail(Errc::corrupt, "image: damaged"); }

// What a Time can be, in whole seconds since 1970.
bool is_time(std::int64_t seconds) {
  return seconds > unix_seconds(Time::min()) && seconds < unix_seconds(Time::max());
}

// After the end: zeros and empty texts, and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  T number() {
    T value{};
    const std::string_view bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string_view text() { return take(number<std::uint32_t>()); }
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  /// How many things of at least `size` bytes can follow: a count that says more is none.
  std::uint32_t count(std::size_t size) {
    const auto told = number<std::uint32_t>();
    if (told > rest_.size() / size) ok_ = false;
    return ok_ ? told : 0;
  }
  /// In whole seconds.
  Time time() {
    const auto seconds = number<std::int64_t>();
    if (!is_time(seconds)) ok_ = false;
    return ok_ ? from_unix_seconds(seconds) : Time{};
  }
  void fail() { ok_ = false; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::string trust_digest(const model::TrustRoot& trust) {
  return sha256(model::write_trust(trust)).hex();
}

void write_order(Writer& out, const EnforcedOrder& order) {
  out.bytes() += order.digest.view();
  out.text(order.term);
  const auto time = [&](const std::optional<Time>& at) {
    out.number(static_cast<std::uint8_t>(at.has_value()));
    out.number(at ? unix_seconds(*at) : std::int64_t{0});
  };
  time(order.until);
  time(order.review);
  out.number(static_cast<std::uint32_t>(order.catalogue));
  out.number(static_cast<std::uint32_t>(order.schedule.size()));
  for (const model::EffectStep& step : order.schedule) {
    out.number(unix_seconds(step.from));
    out.number(static_cast<std::uint8_t>(step.effect.kind));
    out.number(step.effect.rate_per_second);
    out.number(static_cast<std::uint8_t>(step.shadow ? 1 : 0));
  }
}

EnforcedOrder read_order(Reader& in, std::size_t catalogues) {
  EnforcedOrder out;
  const std::string_view digest = in.take(kDigest);
  if (digest.size() == kDigest) std::memcpy(out.digest.bytes.data(), digest.data(), kDigest);
  out.term = in.text();
  const auto time = [&]() -> std::optional<Time> {
    const bool is_there = in.number<std::uint8_t>() != 0;
    const Time at = in.time();
    return is_there ? std::optional(at) : std::nullopt;
  };
  out.until = time();
  out.review = time();
  out.catalogue = in.number<std::uint32_t>();
  if (out.catalogue >= catalogues) in.fail();
  const std::uint32_t steps = in.count(14);
  if (steps > std::numeric_limits<std::uint16_t>::max()) in.fail();
  for (std::uint32_t i = 0; i < steps && in.ok(); ++i) {
    const Time from = in.time();
    const auto kind = in.number<std::uint8_t>();
    const auto rate = in.number<std::uint32_t>();
    // What a step of a table has no room for would be read back as another effect.
    constexpr std::uint32_t kRates = 1U << layout::kStepShadowShift;
    const auto shadow = in.number<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(model::EffectKind::deny) || rate >= kRates || shadow > 1) {
      in.fail();
    }
    out.schedule.push_back({from, {static_cast<model::EffectKind>(kind), rate}, shadow == 1});
  }
  return out;
}

void write_line(Writer& out, const KeySeed& seed, const PackedTable::Line& line,
                std::uint32_t service) {
  out.number(line.order);
  out.number(service);
  out.number(static_cast<std::uint8_t>(line.classes));
  out.text(line.id);
  if (line.key.guid) {
    const GuidWords guid = guid_of(seed, line.key);
    out.number(guid.left);
    out.number(guid.right);
  }
  for (const auto* list : {&line.regions, &line.resources}) {
    out.number(static_cast<std::uint32_t>(list->size()));
    for (const std::string& item : *list) out.text(item);
  }
}

std::string write_table(const PackedTable& table) {
  Writer out;
  out.number(static_cast<std::uint32_t>(table.order_count()));
  for (std::uint32_t i = 0; i < table.order_count(); ++i) write_order(out, table.order(i));
  Writer lines;
  std::unordered_map<std::string, std::uint32_t> services;
  std::vector<std::string> names;
  table.for_each_line([&](const PackedTable::Line& line) {
    const auto [service, is_new] =
        services.emplace(line.service, static_cast<std::uint32_t>(names.size()));
    if (is_new) names.emplace_back(line.service);
    write_line(lines, table.seed(), line, service->second);
  });
  out.number(static_cast<std::uint32_t>(names.size()));
  for (const std::string& name : names) out.text(name);
  out.number(static_cast<std::uint32_t>(table.line_count()));
  return out.bytes() + lines.bytes();
}

Result<void> read_line(Reader& in, const std::vector<std::string_view>& services,
                       std::uint32_t orders, const KeySeed& seed, TableBuilder& builder) {
  PackedTable::Line line;
  line.order = in.number<std::uint32_t>();
  const auto service = in.number<std::uint32_t>();
  line.classes = in.number<std::uint8_t>();
  line.id = in.text();
  if (line.id.empty()) {
    GuidWords guid;
    guid.left = in.number<std::uint64_t>();
    guid.right = in.number<std::uint64_t>();
    line.key = key_of(seed, guid);
  } else {
    line.key = key_of(seed, line.id);
  }
  for (auto* list : {&line.regions, &line.resources}) {
    for (std::uint32_t left = in.count(4); left > 0; --left) list->emplace_back(in.text());
  }
  if (line.order >= orders || service >= services.size() || line.classes > 0x3f ||
      line.id.size() > std::numeric_limits<std::uint16_t>::max() ||
      line.key.guid != line.id.empty()) {
    in.fail();
  }
  if (!in.ok()) return {};
  line.service = services[service];
  return builder.add_line(line, line.order);
}

Result<PackedTable> read_table(std::string_view bytes,
                               const std::vector<model::Catalogue>& catalogues) {
  const KeySeed& seed = KeySeed::of_process();
  TableBuilder builder(seed);
  Reader in(bytes);
  const std::uint32_t orders = in.count(kDigest);
  for (std::uint32_t i = 0; i < orders; ++i) {
    EnforcedOrder order = read_order(in, catalogues.size());
    if (!in.ok()) return damaged();
    builder.add_order(std::move(order));
  }
  std::vector<std::string_view> services(in.count(4));
  for (std::string_view& service : services) service = in.text();
  for (std::uint32_t left = in.count(13); left > 0 && in.ok(); --left) {
    TRY_VOID(read_line(in, services, orders, seed, builder));
  }
  if (!in.at_end()) return damaged();
  return builder.finish(catalogues);
}

Json write_facts(const Gate& gate, const ImageOf& of, const model::TrustRoot& trust) {
  const GateParts& parts = gate.parts();
  Json::Array changes;
  for (const GovernanceChange& change : parts.history->changes) {
    changes.emplace_back(Json::Object{{"order", model::proven_order_to_json({change.order, {}})},
                                      {"time", format_time(change.time)}});
  }
  Json::Array catalogues;
  for (const model::Catalogue& catalogue : *parts.catalogues) {
    catalogues.push_back(catalogue.document());
  }
  return Json::Object{{"version", kVersion},
                      {"trust", trust_digest(trust)},
                      {"gate", parts.name},
                      {"snapshot", of.snapshot},
                      {"deltas", of.deltas},
                      {"last_delta", of.last_delta},
                      {"state", model::gate_state_to_json(parts.state)},
                      {"last_stage", std::max<std::int64_t>(0, unix_seconds(parts.last_stage))},
                      {"genesis", parts.history->genesis},
                      {"changes", std::move(changes)},
                      {"last_change", parts.history->last_entry},
                      {"catalogues", std::move(catalogues)}};
}

// Who decided when follows from the founding that the trust file names, as at the first time.
Result<void> read_changes(const Json::Array& items, GovernanceHistory& history) {
  for (const Json& item : items) {
    JsonReader reader(item, "changes");
    const Json::Array order = {reader.object("order")};
    const auto time = parse_time(reader.string("time"));
    if (!time) reader.fail_at("time", "not an RFC 3339 time");
    TRY_VOID(reader.finish());
    auto orders = TRY(model::proven_orders_from_json(order, "changes"));
    TRY_VOID(history.governance.apply(orders.front().order, *time));
    history.changes.push_back({std::move(orders.front().order), *time});
  }
  return {};
}

struct Facts {
  ImageOf of;
  GateParts parts;  // without its table
};

Result<Facts> read_facts(std::string_view text, const model::TrustRoot& trust,
                         const std::string& gate) {
  const Json document = TRY(parse_json(text, {.bytes_max = kImageBytesMax}));
  JsonReader reader(document, "image");
  if (reader.integer("version") != kVersion) return fail(Errc::conflict, "image: another version");
  if (reader.string("trust") != trust_digest(trust)) {
    return fail(Errc::conflict, "image: of another trust file");
  }
  // Its orders begin when they do at the gate of that name.
  if (reader.string("gate") != gate) return fail(Errc::conflict, "image: of another gate's name");
  Facts out;
  out.of.snapshot = reader.string("snapshot");
  out.of.deltas = static_cast<std::uint64_t>(reader.integer("deltas"));
  out.of.last_delta = reader.string("last_delta");
  const Json& state = reader.object("state");
  const std::int64_t last_stage = reader.integer("last_stage");
  if (!is_time(last_stage)) return damaged();
  out.parts.last_stage = from_unix_seconds(last_stage);
  auto history = std::make_shared<GovernanceHistory>();
  history->genesis = reader.string("genesis");
  const Json::Array& changes = reader.array("changes");
  history->last_entry = static_cast<std::uint64_t>(reader.integer("last_change"));
  const Json::Array& documents = reader.array("catalogues");
  TRY_VOID(reader.finish());
  out.parts.state = TRY(model::gate_state_from_json(state, "image.state"));
  history->governance = model::Governance::from(TRY(trusted_genesis(history->genesis, trust)));
  TRY_VOID(read_changes(changes, *history));
  if (documents.size() > layout::kCataloguesMax) return damaged();
  auto catalogues = std::make_shared<std::vector<model::Catalogue>>();
  for (const Json& one : documents) {
    model::Catalogue catalogue = TRY(model::Catalogue::parse(one));
    catalogues->push_back(std::move(catalogue));
  }
  out.parts.history = std::move(history);
  out.parts.catalogues = std::move(catalogues);
  return out;
}

}  // namespace

std::string write_image(const Gate& gate, const ImageOf& of, const model::TrustRoot& trust) {
  std::string out = canonical_json(write_facts(gate, of, trust)) + "\n";
  out += write_table(gate.table().base()->table());
  out += sha256(out).view();
  return out;
}

Result<GateImage> read_image(std::string_view bytes, const model::TrustRoot& trust,
                             const GateOptions& options) {
  if (bytes.size() < kDigest) return damaged();
  const std::string_view body = bytes.substr(0, bytes.size() - kDigest);
  if (sha256(body).view() != bytes.substr(body.size())) return damaged();
  const std::size_t end = body.find('\n');
  if (end == std::string_view::npos) return damaged();
  Facts facts = TRY(read_facts(body.substr(0, end), trust, options.name));
  GateParts& parts = facts.parts;
  auto base =
      std::make_shared<const BaseTable>(TRY(read_table(body.substr(end + 1), *parts.catalogues)));
  parts.stage_freshness = options.stage_freshness;
  parts.name = options.name;
  parts.table = LayeredTable(std::move(base), nullptr, {},
                             no_stricter_after(parts.state.made_at, parts.stage_freshness));
  return GateImage{std::move(facts.of), Gate(std::make_shared<const GateParts>(std::move(parts)))};
}

}  // namespace proviso::gates
