// SPDX-License-Identifier: Apache-2.0
// <proviso/gate.h>: no exception and no C++ type gets past here.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "gates/live_gate.h"
#include "gates/refusal_ring.h"
#include "proviso/gate.h"

using proviso::Errc;
using proviso::Result;
using proviso::gates::Answer;
using proviso::gates::IdKey;
using proviso::gates::LiveGate;
using proviso::gates::Request;
using proviso::gates::ServiceKeys;

struct proviso_gate {
  proviso::gates::SystemClocks clocks;
  std::optional<proviso::gates::RefusalRing> refusals;  // outlives the gate
  std::mutex taking;                                    // one thread at a time reads the ring
  std::unique_ptr<LiveGate> gate;
};

namespace {

// The two enumerations count alike.
static_assert(static_cast<int>(proviso::model::EffectKind::deny) == PROVISO_DENY);
static_assert(static_cast<int>(proviso::model::EffectKind::read_only) == PROVISO_READ_ONLY);
static_assert(static_cast<int>(proviso::model::Outcome::no) == PROVISO_NO);
static_assert(static_cast<int>(proviso::model::Outcome::limited) == PROVISO_LIMITED);
static_assert(static_cast<int>(proviso::gates::Basis::none) == PROVISO_BY_DEFAULT);
static_assert(static_cast<int>(proviso::gates::Mode::bypass) == PROVISO_BYPASS);
static_assert(sizeof(proviso_answer) == 64);
static_assert(sizeof(proviso_gate_settings) == 32 + 64);
static_assert(offsetof(proviso_gate_settings, name) == 32 + 8);
static_assert(proviso::gates::kRefusalLineMax == PROVISO_REFUSAL_LINE_MAX);

constexpr std::size_t kRefusalsWaiting = 4096;  // as <proviso/gate.h> says

std::string_view view(const proviso_text& text) {
  return text.size == 0 ? std::string_view() : std::string_view(text.data, text.size);
}

Request request_of(const proviso_request& request) {
  return {view(request.subscription), view(request.service), view(request.operation),
          view(request.region), view(request.resource)};
}

proviso_key plain(const IdKey& key) {
  return {{key.a, key.b}, static_cast<std::uint8_t>(key.guid ? 1 : 0), {}};
}

IdKey key_of(const proviso_key& key) { return {key.words[0], key.words[1], key.kind != 0}; }

std::int64_t seconds(proviso::Time time) { return proviso::unix_seconds(time); }

void copy_answer(const Answer& from, proviso_answer& to) {
  to = {};
  to.effect = static_cast<std::uint8_t>(from.effect.kind);
  to.outcome = static_cast<std::uint8_t>(from.outcome);
  to.judged = static_cast<std::uint8_t>(from.judged);
  to.basis = static_cast<std::uint8_t>(from.basis);
  to.mode = static_cast<std::uint8_t>(from.mode);
  to.rate_per_second = from.rate_per_second;
  to.order_number = from.order_number;
  std::copy(from.order.bytes.begin(), from.order.bytes.end(), to.order);
  to.snapshot_entries = from.snapshot_size;
  to.snapshot_made_at = seconds(from.snapshot_made_at);
}

Answer answer_of(const proviso_answer& from) {
  Answer to;
  to.effect.kind =
      static_cast<proviso::model::EffectKind>(std::min<std::uint8_t>(from.effect, PROVISO_DENY));
  to.judged = static_cast<proviso::model::Outcome>(std::min<std::uint8_t>(from.judged, 2));
  to.basis = from.basis == PROVISO_BY_SNAPSHOT ? proviso::gates::Basis::snapshot
                                               : proviso::gates::Basis::none;
  to.mode = static_cast<proviso::gates::Mode>(std::min<std::uint8_t>(from.mode, PROVISO_BYPASS));
  to.effect.rate_per_second =
      to.effect.kind == proviso::model::EffectKind::throttle ? from.rate_per_second : 0;
  to.rate_per_second = from.rate_per_second;
  to.order_number = from.order_number;
  std::copy(std::begin(from.order), std::end(from.order), to.order.bytes.begin());
  to.snapshot_size = from.snapshot_entries;
  to.snapshot_made_at = proviso::from_unix_seconds(from.snapshot_made_at);
  return to;
}

// With a zero byte behind it; what does not fit is cut.
void copy_text(std::string_view from, char* to, std::size_t size) {
  if (to == nullptr || size == 0) return;
  const std::size_t count = std::min(from.size(), size - 1);
  if (count != 0) std::memcpy(to, from.data(), count);
  to[count] = '\0';
}

int code_of(Errc code) {
  switch (code) {
    case Errc::invalid_input:
    case Errc::not_found: return PROVISO_INVALID_INPUT;
    case Errc::conflict: return PROVISO_CONFLICT;
    case Errc::denied: return PROVISO_DENIED;
    case Errc::exhausted: return PROVISO_EXHAUSTED;
    case Errc::unavailable: return PROVISO_UNAVAILABLE;
    case Errc::corrupt: return PROVISO_CORRUPT;
  }
  return PROVISO_UNAVAILABLE;
}

// Runs `body`; what it reports or throws (memory that is missing) becomes a code and a line.
template <class Body>
int guarded(char* error, std::size_t error_size, const Body& body) noexcept {
  copy_text("", error, error_size);
  try {
    const Result<void> result = body();
    if (result) return PROVISO_OK;
    copy_text(result.error().message, error, error_size);
    return code_of(result.error().code);
  } catch (const std::exception& problem) {
    copy_text(problem.what(), error, error_size);
  } catch (...) {
    copy_text("something was thrown", error, error_size);
  }
  return PROVISO_UNAVAILABLE;
}

proviso::gates::LiveGateSettings settings_of(const proviso_gate_settings& from,
                                             proviso::model::TrustRoot trust) {
  proviso::gates::LiveGateSettings to;
  to.trust = std::move(trust);
  to.state_dir = view(from.state_dir);
  to.fail_closed = from.fail_closed != 0;
  to.observe = from.observe != 0;
  to.name = view(from.name);
  return to;
}

}  // namespace

extern "C" {

int proviso_gate_open(const proviso_gate_settings* settings, proviso_gate** gate, char* error,
                      size_t error_size) {
  *gate = nullptr;
  return guarded(error, error_size, [&]() -> Result<void> {
    auto trust = proviso::model::parse_trust(view(settings->trust));
    if (!trust) return proviso::fail_in("trust file", trust.error());
    auto opened = std::make_unique<proviso_gate>();
    auto own = settings_of(*settings, *std::move(trust));
    if (settings->record != 0) own.refusals = &opened->refusals.emplace(kRefusalsWaiting);
    opened->gate = TRY(LiveGate::open(std::move(own), opened->clocks, proviso::real_file_system()));
    *gate = opened.release();
    return {};
  });
}

void proviso_gate_close(proviso_gate* gate) { delete gate; }

void proviso_gate_check(const proviso_gate* gate, const proviso_request* request,
                        proviso_answer* answer) {
  copy_answer(gate->gate->check(request_of(*request)), *answer);
}

void proviso_gate_check_batch(const proviso_gate* gate, const proviso_request* requests,
                              proviso_answer* answers, size_t count) {
  constexpr std::size_t kPiece = 32;
  std::array<Request, kPiece> plain;
  std::array<Answer, kPiece> found;
  for (std::size_t begin = 0; begin < count; begin += kPiece) {
    const std::size_t some = std::min(kPiece, count - begin);
    for (std::size_t i = 0; i < some; ++i) plain[i] = request_of(requests[begin + i]);
    gate->gate->check_batch(std::span(plain).first(some), found);
    for (std::size_t i = 0; i < some; ++i) copy_answer(found[i], answers[begin + i]);
  }
}

proviso_key proviso_gate_key(proviso_text subscription) {
  return plain(LiveGate::subscription_key(view(subscription)));
}

proviso_service_keys proviso_gate_service_keys(proviso_text service, proviso_text operation) {
  const ServiceKeys keys = LiveGate::service_keys(view(service), view(operation));
  return {plain(keys.service), plain(keys.operation)};
}

void proviso_gate_check_key(const proviso_gate* gate, const proviso_key* subscription,
                            const proviso_request* request, proviso_answer* answer) {
  copy_answer(gate->gate->check(key_of(*subscription), request_of(*request)), *answer);
}

void proviso_gate_check_keys(const proviso_gate* gate, const proviso_key* subscription,
                             const proviso_service_keys* service, const proviso_request* request,
                             proviso_answer* answer) {
  const ServiceKeys keys{key_of(service->service), key_of(service->operation)};
  copy_answer(gate->gate->check(key_of(*subscription), keys, request_of(*request)), *answer);
}

int proviso_gate_offer(proviso_gate* gate, proviso_text snapshot, int confirm_shrinking,
                       uint64_t* entries, char* error, size_t error_size) {
  return guarded(error, error_size, [&]() -> Result<void> {
    const std::uint64_t taken = TRY(
        gate->gate->offer(view(snapshot), confirm_shrinking != 0 ? LiveGate::Shrinking::confirmed
                                                                 : LiveGate::Shrinking::guarded));
    if (entries != nullptr) *entries = taken;
    return {};
  });
}

void proviso_gate_tick(proviso_gate* gate) {
  static_cast<void>(guarded(nullptr, 0, [&]() -> Result<void> {
    gate->gate->tick();
    return {};
  }));
}

int proviso_gate_refusals(proviso_gate* gate, char* lines, size_t size, size_t* used,
                          uint64_t* dropped) {
  *used = 0;
  if (!gate->refusals || size < PROVISO_REFUSAL_LINE_MAX) return PROVISO_INVALID_INPUT;
  return guarded(nullptr, 0, [&]() -> Result<void> {
    const std::lock_guard lock(gate->taking);
    proviso::gates::Refusal refusal;
    while (size - *used >= PROVISO_REFUSAL_LINE_MAX && gate->refusals->pop(refusal)) {
      const std::string line = proviso::gates::write_refusal(refusal);
      *used += line.copy(lines + *used, size - *used);
    }
    if (dropped != nullptr) *dropped = gate->refusals->dropped();
    return {};
  });
}

void proviso_gate_explain(const proviso_gate* gate, const proviso_answer* answer,
                          proviso_explanation* explanation) {
  *explanation = {};
  static_cast<void>(guarded(nullptr, 0, [&]() -> Result<void> {
    const auto found = gate->gate->explain(answer_of(*answer));
    proviso_explanation& to = *explanation;
    copy_text(found.term, to.term, sizeof to.term);
    copy_text(found.until, to.until, sizeof to.until);
    copy_text(found.review, to.review, sizeof to.review);
    copy_text(found.user, to.user, sizeof to.user);
    copy_text(found.service, to.service, sizeof to.service);
    return {};
  }));
}

void proviso_gate_status(const proviso_gate* gate, proviso_status* status) {
  *status = {};
  static_cast<void>(guarded(nullptr, 0, [&]() -> Result<void> {
    const auto found = gate->gate->status();
    proviso_status& to = *status;
    to.has_state = found.has_state ? 1 : 0;
    to.mode = static_cast<std::uint8_t>(found.mode);
    to.snapshot_entries = found.snapshot_size;
    to.snapshot_made_at = seconds(found.snapshot_made_at);
    to.age_seconds = found.age_seconds;
    to.bypass_until = found.bypass_until ? seconds(*found.bypass_until) : 0;
    to.orders = found.orders;
    to.waiting = found.waiting;
    to.accepted = found.accepted;
    to.refused = found.refused;
    to.clock_step_seconds = found.clock_step_seconds;
    to.table_bytes = found.table_bytes;
    copy_text(found.last_refusal, to.last_refusal, sizeof to.last_refusal);
    return {};
  }));
}

int proviso_gate_abi(void) { return PROVISO_GATE_ABI; }

}  // extern "C"
