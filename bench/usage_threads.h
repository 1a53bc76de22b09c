// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "base/file_system.h"
#include "base/result.h"

namespace proviso::bench {

/// CPU time of the calling thread.
inline double thread_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

/// A log in two pieces, cut between lines.
struct Halves {
  std::array<std::string, 2> text;
};

inline Result<Halves> read_halves(const std::string& path) {
  std::string all = TRY(real_file_system().read(path, std::uint64_t{1} << 36U));
  const std::size_t cut = all.find('\n', all.size() / 2) + 1;
  Halves halves;
  halves.text[1] = all.substr(cut);
  all.resize(cut);
  halves.text[0] = std::move(all);
  return halves;
}

/// What a piece costs. `prepare` copies what it needs of the text; only what it returns is
/// measured.
using Work = std::function<Result<void>()>;
using Prepare = std::function<Work(const std::string& text)>;

/// How much more work two threads do per second of their CPU time than one does: 2 is perfect, less
/// is what they take from each other (caches, memory, locks). By CPU time, since other programs may
/// have the second core; the best of `runs` for each piece, alone and together.
inline Result<double> scaling(const Halves& halves, const Prepare& prepare, int runs) {
  std::array<double, 4> best = {1e9, 1e9, 1e9, 1e9};  // alone, alone, together, together
  std::array<Result<void>, 4> outcome;
  const auto measure = [&](const Work& work, std::size_t i) {
    const double start = thread_seconds();
    outcome[i] = work();
    best[i] = std::min(best[i], thread_seconds() - start);
  };
  for (int run = 0; run < runs; ++run) {
    for (std::size_t i = 0; i < 2; ++i) measure(prepare(halves.text[i]), i);
    const std::array<Work, 2> works = {prepare(halves.text[0]), prepare(halves.text[1])};
    std::thread first([&] { measure(works[0], 2); });
    std::thread second([&] { measure(works[1], 3); });
    first.join();
    second.join();
    for (const auto& each : outcome) TRY_VOID(each);
  }
  return 2 * (best[0] + best[1]) / (best[2] + best[3]);
}

}  // namespace proviso::bench
