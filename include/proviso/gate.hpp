// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proviso/gate.h"

/// <proviso/gate.h> for C++23: the same functions and rules, with strings, spans and destructors.
/// Only inline code; what it calls is the C library.
namespace proviso {

struct GateProblem {
  int code = PROVISO_OK;  ///< PROVISO_INVALID_INPUT...
  std::string message;    ///< one line for operators
};

inline proviso_text text_of(std::string_view text) { return {text.data(), text.size()}; }

struct GateRequest : proviso_request {
  GateRequest(std::string_view subscription, std::string_view service, std::string_view operation,
              std::string_view region = {}, std::string_view resource = {})
      : proviso_request{text_of(subscription), text_of(service), text_of(operation),
                        text_of(region), text_of(resource)} {}
};

struct GateSettings {
  std::string_view trust;  ///< the text of the trust file
  std::string_view state_dir = {};
  bool fail_closed = false;
  bool observe = false;
  bool record = false;  ///< for Gate::refusals()
  std::string_view name = {};  ///< the gate's own, by which an order may begin gate by gate
};

class Gate {
 public:
  static std::expected<Gate, GateProblem> open(const GateSettings& settings) {
    proviso_gate_settings plain{};
    plain.trust = text_of(settings.trust);
    plain.state_dir = text_of(settings.state_dir);
    plain.fail_closed = settings.fail_closed ? 1 : 0;
    plain.observe = settings.observe ? 1 : 0;
    plain.record = settings.record ? 1 : 0;
    plain.name = text_of(settings.name);
    proviso_gate* gate = nullptr;
    std::array<char, 512> error{};
    const int code = proviso_gate_open(&plain, &gate, error.data(), error.size());
    if (code != PROVISO_OK) return std::unexpected(GateProblem{code, error.data()});
    return Gate(gate);
  }

  [[nodiscard]] proviso_answer check(const proviso_request& request) const noexcept {
    proviso_answer answer;
    proviso_gate_check(gate_.get(), &request, &answer);
    return answer;
  }
  [[nodiscard]] proviso_answer check(const proviso_key& key,
                                     const proviso_request& request) const noexcept {
    proviso_answer answer;
    proviso_gate_check_key(gate_.get(), &key, &request, &answer);
    return answer;
  }
  [[nodiscard]] proviso_answer check(const proviso_key& key, const proviso_service_keys& service,
                                     const proviso_request& request) const noexcept {
    proviso_answer answer;
    proviso_gate_check_keys(gate_.get(), &key, &service, &request, &answer);
    return answer;
  }
  /// As many as the shorter of both has.
  void check_batch(std::span<const proviso_request> requests,
                   std::span<proviso_answer> answers) const noexcept {
    const std::size_t count = requests.size() < answers.size() ? requests.size() : answers.size();
    proviso_gate_check_batch(gate_.get(), requests.data(), answers.data(), count);
  }
  [[nodiscard]] static proviso_key key(std::string_view subscription) noexcept {
    return proviso_gate_key(text_of(subscription));
  }
  [[nodiscard]] static proviso_service_keys service_keys(std::string_view service,
                                                         std::string_view operation) noexcept {
    return proviso_gate_service_keys(text_of(service), text_of(operation));
  }

  /// Returns the snapshot's version.
  std::expected<std::uint64_t, GateProblem> offer(std::string_view snapshot,
                                                  bool confirm_shrinking = false) {
    std::uint64_t entries = 0;
    std::array<char, 512> error{};
    const int code = proviso_gate_offer(gate_.get(), text_of(snapshot), confirm_shrinking ? 1 : 0,
                                        &entries, error.data(), error.size());
    if (code != PROVISO_OK) return std::unexpected(GateProblem{code, error.data()});
    return entries;
  }
  void tick() { proviso_gate_tick(gate_.get()); }

  /// With GateSettings::record: lines of what was refused since the last call; empty where nothing
  /// was. Some tens of them at once: call it until it is empty.
  [[nodiscard]] std::string refusals() {
    std::string lines(std::size_t{16} * PROVISO_REFUSAL_LINE_MAX, '\0');
    std::size_t used = 0;
    proviso_gate_refusals(gate_.get(), lines.data(), lines.size(), &used, nullptr);
    lines.resize(used);
    return lines;
  }

  [[nodiscard]] proviso_explanation explain(const proviso_answer& answer) const {
    proviso_explanation explanation;
    proviso_gate_explain(gate_.get(), &answer, &explanation);
    return explanation;
  }
  [[nodiscard]] proviso_status status() const {
    proviso_status status;
    proviso_gate_status(gate_.get(), &status);
    return status;
  }

 private:
  struct Close {
    void operator()(proviso_gate* gate) const { proviso_gate_close(gate); }
  };
  explicit Gate(proviso_gate* gate) : gate_(gate) {}
  std::unique_ptr<proviso_gate, Close> gate_;
};

}  // namespace proviso
