// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/time.h"
#include "cases/database.h"
#include "intake/field_policy.h"
#include "server/config.h"

namespace proviso::server {

/// How far each source of records has come, over all runs. A source is an intake format; each has
/// its own bound on lateness, and an event may come so far behind the newest of its own source.
/// What lies before the bounds of all sources is settled. A source that has fallen more than seven
/// days behind the newest of all holds nothing back any more. One thread.
class SourceClocks {
 public:
  explicit SourceClocks(const Config& config) : config_(config) {}

  Result<void> load(cases::Database& database, const intake::FieldPolicies& policies);
  /// Inside the caller's transaction.
  Result<void> save(cases::Database& database) const;

  [[nodiscard]] Duration bound(const std::string& format) const {
    return std::chrono::minutes(config_.lateness_of(format));
  }
  /// The newest event time of a source; good as long as this lives.
  Time& newest(const std::string& format) { return newest_[format]; }
  /// Whether no other source can hold back what this one brings.
  [[nodiscard]] bool is_alone(const std::string& format) const;
  /// How far behind `newest` everything is settled: whole seconds, rounded up, at most seven days.
  [[nodiscard]] std::chrono::seconds behind(Time newest) const;

 private:
  const Config& config_;
  std::map<std::string, Time> newest_;  ///< by format; Time{}: nothing came yet
};

/// invalid_input where the configuration names a format that no field policy is for.
Result<void> check_sources(const Config& config, const intake::FieldPolicies& policies);

}  // namespace proviso::server
