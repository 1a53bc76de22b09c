// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/effect.h"
#include "model/usage_event.h"
#include "rules/program.h"

namespace proviso::rules {

/// A fact about the customer or the declared use, out of the register, e.g. {"customer.kind", text}
/// or {"declared_ratio.bytes", number}. Views live as long as the event that they are given with.
struct Attribute {
  std::string_view name;
  std::string_view text;
  double number = 0;
  bool is_number = false;
};

/// Whether a rule may always read this name of a usage event (docs/rule-guide.md lists them);
/// `customer.*` and `declared_ratio.*` count. Other names are kept source fields: the field policy
/// decides.
bool usage_field_known(std::string_view name);

/// A usage event as rules see it. A field that is empty in the event is missing. One thread.
class UsageView final : public EventView {
 public:
  explicit UsageView(std::shared_ptr<const Program> program);
  /// All arguments must stay alive while the view is used.
  void reset(const model::UsageEvent& event, model::ActionClass action_class,
             std::span<const Attribute> attributes);
  std::span<const Value> values(FieldId field) override;
  std::span<const Value> leaves() override;
  /// Whether some rule reads `customer.*` or `declared_ratio.*` (else the caller need not look
  /// them up).
  [[nodiscard]] bool reads_attributes() const { return reads_attributes_; }

 private:
  enum class Source : std::uint8_t {
    provider,
    billing_account,
    subscription,
    service,
    service_category,
    operation,
    action_class,
    region,
    resource_type,
    status,
    count,
    amount,
    amount_per_count,
    other,
  };
  struct Slot {
    Source source = Source::other;
    std::string_view unit_or_name;
    std::uint64_t filled_for = 0;
    bool present = false;
    Value value;
    char digits[32] = {};
  };
  void fill(Slot& slot);
  void fill_other(Slot& slot);
  static void set_text(Slot& slot, std::string_view text);
  static void set_number(Slot& slot, double number);

  std::shared_ptr<const Program> program_;
  std::vector<Slot> slots_;
  std::vector<Value> leaves_;
  const model::UsageEvent* event_ = nullptr;
  model::ActionClass action_class_ = model::ActionClass::other;
  std::span<const Attribute> attributes_;
  std::uint64_t serial_ = 0;
  bool reads_attributes_ = false;
};

}  // namespace proviso::rules
