// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/detection/pipeline.h"
#include "provider_sim/listening.h"
#include "provider_sim/world.h"

namespace proviso::bench {

enum class OffenderKind : std::uint8_t { million_calls, slow_ramp };

/// One customer who listens to a population, and when its case came.
struct Offender {
  OffenderKind kind = OffenderKind::million_calls;
  std::string customer;
  provider_sim::Listening manner;
  /// Hour since the start at whose beginning it began; unset: a ramp that never got so far.
  std::optional<std::int64_t> onset_hour;
  /// Hours from onset to the case; 0 where the case came before; unset: no case.
  std::optional<double> delay_hours;
  bool early = false;  ///< a ramp's case that came before its onset
};

/// A case about one who does nothing that the terms forbid.
struct WrongCase {
  std::string provider;
  std::string kind;      ///< of the customer
  std::string customer;  ///< its name
  std::string group;     ///< of terms
  std::string rule;      ///< the first that held
  std::size_t months = 0;
};

/// How one provider's log is read.
enum class Path : std::uint8_t {
  events,  ///< usage events are handed over as they are
  text,    ///< lines of the usage record are written and decoded under the field policy
};

struct TrialOptions {
  std::uint64_t seed = 1;
  std::uint32_t subscriptions = 200;
  std::int64_t hours = 90L * 24;
  std::uint32_t million_calls = 2;
  std::uint32_t slow_ramps = 2;
};

struct Trial {
  std::vector<Offender> offenders;
  std::vector<WrongCase> wrong;
  std::map<Pipeline::CaseKey, FoundCase> cases;
  std::uint64_t events = 0;
  std::size_t subscriptions = 0;  ///< of those who do nothing wrong
  std::size_t streams = 0;
};

/// A provider with a market of ordinary customers and some offenders, from start to end.
Result<Trial> run_provider(const Setup& setup, const TrialOptions& options, Path path);

/// Offenders alone, each as `manners` says.
Result<std::vector<Offender>> run_offenders(const Setup& setup,
                                            const std::vector<provider_sim::Listening>& manners,
                                            std::uint64_t seed, std::int64_t hours);

}  // namespace proviso::bench
