// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/check.h"

namespace proviso {
namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.15g", value);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

// a="1",b="2"
std::string printed(Metrics::Labels labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out.append(name).append("=\"").append(escaped(value)).append("\"");
  }
  return out;
}

std::string line(std::string_view name, std::string_view labels, double value) {
  std::string out(name);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  return out.append(" ").append(number(value)).append("\n");
}

std::string with_bound(std::string_view labels, std::string_view bound) {
  std::string out(labels);
  if (!out.empty()) out += ',';
  return out.append("le=\"").append(bound).append("\"");
}

}  // namespace

void Metrics::declare(std::string_view name, Family family) {
  const std::scoped_lock lock(mutex_);
  families_.emplace(name, std::move(family));
}

void Metrics::counter(std::string_view name, std::string_view help) {
  declare(name, {"counter", std::string(help), {}, {}});
}

void Metrics::gauge(std::string_view name, std::string_view help) {
  declare(name, {"gauge", std::string(help), {}, {}});
}

void Metrics::histogram(std::string_view name, std::string_view help, std::vector<double> bounds) {
  declare(name, {"histogram", std::string(help), std::move(bounds), {}});
}

// The caller holds the lock.
Metrics::Series& Metrics::series(std::string_view name, Labels labels) {
  const auto family = families_.find(name);
  CHECK(family != families_.end());
  Series& out = family->second.series[printed(labels)];
  if (out.buckets.empty()) out.buckets.resize(family->second.bounds.size() + 1);
  return out;
}

void Metrics::add(std::string_view name, Labels labels, double amount) {
  const std::scoped_lock lock(mutex_);
  series(name, labels).value += amount;
}

void Metrics::set(std::string_view name, double value, Labels labels) {
  const std::scoped_lock lock(mutex_);
  series(name, labels).value = value;
}

void Metrics::observe(std::string_view name, double value, Labels labels) {
  const std::scoped_lock lock(mutex_);
  Series& to = series(name, labels);
  const auto& bounds = families_.find(name)->second.bounds;
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
  ++to.buckets[static_cast<std::size_t>(bucket)];
  to.value += value;
}

double Metrics::value(std::string_view name, Labels labels) const {
  const std::scoped_lock lock(mutex_);
  const auto family = families_.find(name);
  if (family == families_.end()) return 0;
  const auto found = family->second.series.find(printed(labels));
  return found == family->second.series.end() ? 0 : found->second.value;
}

std::string Metrics::text() const {
  const std::scoped_lock lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += "# HELP " + name + " " + escaped(family.help) + "\n";
    out += "# TYPE " + name + " " + family.kind + "\n";
    for (const auto& [labels, series] : family.series) {
      if (family.kind != "histogram") {
        out += line(name, labels, series.value);
        continue;
      }
      double total = 0;
      for (std::size_t i = 0; i < series.buckets.size(); ++i) {
        total += static_cast<double>(series.buckets[i]);
        const std::string bound =
            i < family.bounds.size() ? number(family.bounds[i]) : std::string("+Inf");
        out += line(name + "_bucket", with_bound(labels, bound), total);
      }
      out += line(name + "_sum", labels, series.value);
      out += line(name + "_count", labels, total);
    }
  }
  return out;
}

}  // namespace proviso
