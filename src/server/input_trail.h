// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "server/review_state.h"

namespace proviso::server {

/// Which records of which inputs a signal rests on: what a re-run has to read, and how, to come to
/// the same signal. Costs nothing per event: a signal takes a mark, which is written out when it is
/// stored. One thread.
class InputTrail {
 public:
  /// Where reading was: an input by its place in the trail, and how many records of it were read.
  struct Mark {
    std::size_t input = 0;
    std::uint64_t records = 0;
  };

  /// `earlier`: what runs before this one read.
  void load(const std::vector<KnownInput>& earlier);
  /// While it lives this input is read; `state` must outlive it.
  class Reading {
   public:
    Reading(InputTrail& trail, const InputKey& key, const InputState& state) : trail_(trail) {
      trail_.begin(key, state);
    }
    ~Reading() { trail_.end(); }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    InputTrail& trail_;
  };
  [[nodiscard]] Mark mark() const;
  /// How far behind everything was settled when this run ended.
  void set_bound(std::uint64_t run, std::int64_t bound_s);
  /// Whether some input was read in this run.
  [[nodiscard]] bool has_run(std::uint64_t run) const;

  /// The inputs up to the mark that can hold an event of `from` or later:
  /// [{"head","head_bytes","first","last","run","waits_s","bound_s"}]. At most kInputsMax, the
  /// newest.
  struct Listed {
    Json::Array inputs;
    std::uint64_t left_out = 0;
  };
  [[nodiscard]] Listed describe(const Mark& mark, Time from) const;
  static constexpr std::size_t kInputsMax = 100;

 private:
  void begin(const InputKey& key, const InputState& state);
  void end();
  struct Entry {
    std::string text;  ///< InputKey::text()
    std::string head;
    std::uint64_t head_bytes = 0;
    std::uint64_t records = 0;
    std::uint64_t run = 0;
    std::int64_t waits_s = 0;
    std::int64_t bound_s = 0;
    std::int64_t newest_s = 0;
  };
  static Entry entry_of(const InputKey& key, const InputState& state);
  std::vector<Entry> entries_;
  InputKey key_;
  const InputState* current_ = nullptr;  ///< of the last entry, while it is read
};

}  // namespace proviso::server
