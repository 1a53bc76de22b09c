// SPDX-License-Identifier: Apache-2.0
#include "rules/needle_scanner.h"

#include <algorithm>
#include <limits>

#include <hs/hs.h>

#include "base/check.h"
#include "rules/ascii.h"

namespace proviso::rules {
namespace {

// Enough to be rare; longer literals only make the tables larger.
constexpr std::size_t kNeedleBytesMax = 16;
// Up to here looking for one after the other is faster than calling the engine.
constexpr std::size_t kFewMax = 4;

int on_match(unsigned id, unsigned long long, unsigned long long, unsigned, void* found) {
  static_cast<std::vector<std::uint32_t>*>(found)->push_back(id);
  return 0;
}

}  // namespace

struct NeedleScanner::Engine {
  hs_database_t* database = nullptr;
  hs_scratch_t* scratch = nullptr;
  std::vector<std::string> few;  ///< where there is no database

  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() {
    hs_free_scratch(scratch);
    hs_free_database(database);
  }
};

NeedleScanner::NeedleScanner(const std::vector<std::string>& needles)
    : engine_(std::make_unique<Engine>()) {
  if (needles.size() <= kFewMax) {
    engine_->few = needles;
    return;
  }
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  std::vector<unsigned> ids;
  for (const std::string& needle : needles) {
    CHECK(!needle.empty());
    texts.push_back(needle.data());
    sizes.push_back(std::min(needle.size(), kNeedleBytesMax));
    ids.push_back(static_cast<unsigned>(ids.size()));
  }
  const std::vector<unsigned> flags(needles.size(), HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH);
  hs_compile_error_t* error = nullptr;
  const hs_error_t compiled = hs_compile_lit_multi(
      texts.data(), flags.data(), ids.data(), sizes.data(), static_cast<unsigned>(texts.size()),
      HS_MODE_BLOCK, nullptr, &engine_->database, &error);
  hs_free_compile_error(error);
  CHECK(compiled == HS_SUCCESS);
  CHECK(hs_alloc_scratch(engine_->database, &engine_->scratch) == HS_SUCCESS);
}

NeedleScanner::NeedleScanner(NeedleScanner&&) noexcept = default;
NeedleScanner& NeedleScanner::operator=(NeedleScanner&&) noexcept = default;
NeedleScanner::~NeedleScanner() = default;

void NeedleScanner::scan(std::string_view text, std::vector<std::uint32_t>& found) {
  if (text.empty()) return;
  if (engine_->database == nullptr) {
    const bool plain = ascii::all_of(text);
    for (std::size_t i = 0; i < engine_->few.size(); ++i) {
      const std::string& needle = engine_->few[i];
      if (plain ? ascii::contains(text, needle) : text.find(needle) != text.npos) {
        found.push_back(static_cast<std::uint32_t>(i));
      }
    }
    return;
  }
  CHECK(text.size() <= std::numeric_limits<unsigned>::max());
  const hs_error_t done =
      hs_scan(engine_->database, text.data(), static_cast<unsigned>(text.size()), 0,
              engine_->scratch, on_match, &found);
  CHECK(done == HS_SUCCESS);
}

}  // namespace proviso::rules
