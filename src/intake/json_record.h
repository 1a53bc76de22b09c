// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "intake/event_builder.h"
#include "intake/plan.h"

namespace proviso::intake {

/// Reads one JSON object and gives the builder the values that the plan names; everything else is
/// passed over unread. 64 bytes beyond the record must be readable. One thread.
///
/// Checked: UTF-8 and brackets of the whole record, nesting (at most 64), duplicates among the
/// members that are read. Not checked: the inside of values that are passed over, and duplicates
/// among those; nobody ever sees them.
class JsonRecord {
 public:
  JsonRecord();
  ~JsonRecord();
  JsonRecord(JsonRecord&&) noexcept;
  JsonRecord& operator=(JsonRecord&&) noexcept;

  /// Why the record is refused, or nothing.
  std::string_view read(std::span<const char> record, const Plan& plan, EventBuilder& builder);
  /// Names of the top-level members (at most 1,000); empty where it is no JSON object.
  std::vector<std::string> member_names(std::span<const char> record);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proviso::intake
