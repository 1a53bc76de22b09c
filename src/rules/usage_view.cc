// SPDX-License-Identifier: Apache-2.0
#include "rules/usage_view.h"

#include <array>
#include <charconv>
#include <utility>

namespace proviso::rules {
namespace {

constexpr std::string_view kAmount = "amount.";
constexpr std::string_view kAmountPerCount = "amount_per_count.";
constexpr std::array<std::string_view, 11> kPlain = {
    "provider",         "billing_account", "subscription", "service",
    "service_category", "operation",       "action_class", "region",
    "resource_type",    "status",          "count"};

bool is_attribute(std::string_view name) {
  return name.starts_with("customer.") || name.starts_with("declared_ratio.");
}

}  // namespace

bool usage_field_known(std::string_view name) {
  for (const std::string_view plain : kPlain) {
    if (name == plain) return true;
  }
  return name.starts_with(kAmount) || name.starts_with(kAmountPerCount) || is_attribute(name);
}

UsageView::UsageView(std::shared_ptr<const Program> program) : program_(std::move(program)) {
  for (const std::string& name : program_->fields()) {
    Slot slot;
    slot.unit_or_name = name;
    for (std::size_t i = 0; i < kPlain.size(); ++i) {
      if (name == kPlain[i]) slot.source = static_cast<Source>(i);
    }
    if (name.starts_with(kAmount)) {
      slot.source = Source::amount;
      slot.unit_or_name.remove_prefix(kAmount.size());
    } else if (name.starts_with(kAmountPerCount)) {
      slot.source = Source::amount_per_count;
      slot.unit_or_name.remove_prefix(kAmountPerCount.size());
    }
    reads_attributes_ = reads_attributes_ || is_attribute(name);
    slots_.push_back(slot);
  }
}

void UsageView::reset(const model::UsageEvent& event, model::ActionClass action_class,
                      std::span<const Attribute> attributes) {
  event_ = &event;
  action_class_ = action_class;
  attributes_ = attributes;
  ++serial_;
}

std::span<const Value> UsageView::values(FieldId field) {
  Slot& slot = slots_[index(field)];
  if (slot.filled_for != serial_) {
    slot.filled_for = serial_;
    slot.present = false;
    fill(slot);
  }
  return {&slot.value, slot.present ? 1U : 0U};
}

void UsageView::set_text(Slot& slot, std::string_view text) {
  slot.present = !text.empty();
  slot.value = {ValueKind::string, 0, text};
}

void UsageView::set_number(Slot& slot, double number) {
  char* end = slot.digits + sizeof slot.digits;
  const auto whole = static_cast<std::int64_t>(number > -1e15 && number < 1e15 ? number : 0.5);
  const bool is_whole = static_cast<double>(whole) == number;
  const auto done =
      is_whole ? std::to_chars(slot.digits, end, whole) : std::to_chars(slot.digits, end, number);
  slot.present = true;
  slot.value = {
      ValueKind::number, number, {slot.digits, static_cast<std::size_t>(done.ptr - slot.digits)}};
}

void UsageView::fill(Slot& slot) {
  const model::UsageEvent& e = *event_;
  switch (slot.source) {
    case Source::provider: return set_text(slot, e.provider);
    case Source::billing_account: return set_text(slot, e.billing_account);
    case Source::subscription: return set_text(slot, e.subscription);
    case Source::service: return set_text(slot, e.service);
    case Source::service_category: return set_text(slot, e.service_category);
    case Source::operation: return set_text(slot, e.operation);
    case Source::action_class: return set_text(slot, model::to_string(action_class_));
    case Source::region: return set_text(slot, e.region);
    case Source::resource_type: return set_text(slot, e.resource_type);
    case Source::status: return set_text(slot, e.status);
    case Source::count: return set_number(slot, static_cast<double>(e.count));
    case Source::amount:
    case Source::amount_per_count: break;
    case Source::other: return fill_other(slot);
  }
  for (const model::Amount& a : e.used()) {
    if (a.unit != slot.unit_or_name) continue;
    if (slot.source == Source::amount) return set_number(slot, a.value);
    if (e.count > 0) return set_number(slot, a.value / static_cast<double>(e.count));
  }
}

// Kept fields come out as JSON says: text, numbers, booleans; arrays and objects as their JSON
// text.
void UsageView::fill_other(Slot& slot) {
  for (const Attribute& a : attributes_) {
    if (a.name != slot.unit_or_name) continue;
    return a.is_number ? set_number(slot, a.number) : set_text(slot, a.text);
  }
  for (const model::KeptField& kept : event_->kept) {
    if (kept.name != slot.unit_or_name) continue;
    slot.present = true;
    slot.value = {ValueKind::string, 0, kept.text};
    if (kept.is_string) return;
    if (kept.text == "null") slot.value = {ValueKind::null, 0, {}};
    if (kept.text == "true" || kept.text == "false") slot.value.kind = ValueKind::boolean;
    if (kept.text.starts_with('{') || kept.text.starts_with('[')) slot.value.kind = ValueKind::json;
    if (slot.value.kind != ValueKind::string) return;
    slot.value.kind = ValueKind::number;
    std::from_chars(kept.text.data(), kept.text.data() + kept.text.size(), slot.value.number);
    return;
  }
}

std::span<const Value> UsageView::leaves() {
  leaves_.clear();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto one = values(FieldId(i));
    leaves_.insert(leaves_.end(), one.begin(), one.end());
  }
  return leaves_;
}

}  // namespace proviso::rules
