// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "intake/event_builder.h"
#include "intake/field_policy.h"
#include "intake/plan.h"

namespace proviso::intake {

/// A string's end: index of the first byte at or after `at` that is a quote, a backslash, a control
/// character (0x7F too) or not ASCII. 16 bytes beyond `text` must be readable; text.size() where
/// there is none.
std::size_t plain_end(std::string_view text, std::size_t at);

/// Reads JSON records that are laid out like one that was read before. See layout.cc.
///
/// Whatever read() accepts, JsonRecord::read() accepts with the same calls of EventBuilder::take();
/// what it does not accept is simply not known here. Keeps no value: only punctuation, names that
/// the field policy has, and the values that it requires (I1). One thread. Memory: at most
/// kStepsMax steps and kTextMax bytes.
class Layouts {
 public:
  static constexpr std::size_t kStepsMax = 1024;
  static constexpr std::size_t kTextMax = 64U << 10U;

  /// Both must outlive this.
  Layouts(const FieldPolicy& policy, const Plan& plan) : policy_(policy), plan_(plan) {}

  /// True where the record has a known layout; then `builder` has its values. Else the builder must
  /// be started again. 64 bytes beyond the record must be readable.
  bool read(std::string_view record, EventBuilder& builder);
  /// Takes the layout of a record that JsonRecord::read() has accepted, where it is simple enough.
  void learn(std::string_view record);

 private:
  friend class LayoutReader;
  enum class Kind : std::uint8_t { string, number, end };
  /// What is done with a value: one way for all, and short ways for what most records consist of.
  enum class Action : std::uint8_t { pass_over, take, text, time, count };
  /// What stands before a value, and what the value is.
  struct Step {
    std::string text;  ///< padded with 8 zero bytes
    std::size_t size = 0;
    Kind kind = Kind::end;
    Action action = Action::pass_over;
    std::int32_t leaf = -1;
    std::uint32_t index = 0;
    std::uint64_t required = 0;  ///< bits of required values that stand in `text`
    std::int32_t next = -1;      ///< the step after this one
    std::int32_t other = -1;     ///< another one for the same place
    bool operator==(const Step& o) const {
      return text == o.text && kind == o.kind && leaf == o.leaf && index == o.index;
    }
  };
  [[nodiscard]] Action action_of(Kind kind, std::int32_t leaf) const;
  static bool begins_with(const char* at, const Step& step);
  bool take(const Step& step, std::string_view record, std::size_t& at,
            EventBuilder& builder) const;
  void add(std::vector<Step> steps);

  static constexpr int kCreditMax = 4096;
  const FieldPolicy& policy_;
  const Plan& plan_;
  std::vector<Step> steps_;
  std::size_t text_bytes_ = 0;
  int credit_ = kCreditMax;  ///< falls with records of unknown layout; at 0 nothing is tried
  int lessons_ = 512;        ///< how often something may still be learned
};

}  // namespace proviso::intake
