// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace proviso {

/// Figures of a running program in the Prometheus text format 0.0.4. Labels are few and ours
/// (patterns of paths, status codes): each set of label values is a series that stays for ever.
/// Threads: any; one short lock a call.
class Metrics {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// Names a family before its first use. `name` and label names are of [a-z0-9_].
  void counter(std::string_view name, std::string_view help);
  void gauge(std::string_view name, std::string_view help);
  /// `bounds` rise; a bucket for what is above the last one is added.
  void histogram(std::string_view name, std::string_view help, std::vector<double> bounds);

  void add(std::string_view name, Labels labels = {}, double amount = 1);
  void set(std::string_view name, double value, Labels labels = {});
  void observe(std::string_view name, double value, Labels labels = {});

  /// Of one series; 0 where it was never touched.
  [[nodiscard]] double value(std::string_view name, Labels labels = {}) const;
  [[nodiscard]] std::string text() const;

 private:
  struct Series {
    double value = 0;                    // of a histogram: the sum
    std::vector<std::uint64_t> buckets;  // of a histogram: one more than bounds, not cumulative
  };
  struct Family {
    std::string kind;
    std::string help;
    std::vector<double> bounds;
    std::map<std::string, Series, std::less<>> series;  // by its labels as they are printed
  };
  void declare(std::string_view name, Family family);
  Series& series(std::string_view name, Labels labels);

  // Guards the families, which any thread adds to and one reads out.
  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace proviso
