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

// A shorter common word would be in most texts.
constexpr std::size_t kCommonBytesMin = 5;

// The longest word that all needles contain. Set-up only: the square of the shortest needle times
// the sum of all.
std::string word_in_all(const std::vector<std::string>& needles) {
  const std::string& shortest = *std::ranges::min_element(needles, {}, &std::string::size);
  for (std::size_t size = std::min(shortest.size(), ascii::kWordBytesMax); size >= kCommonBytesMin;
       --size) {
    for (std::size_t at = 0; at + size <= shortest.size(); ++at) {
      std::string word = shortest.substr(at, size);
      const auto has_word = [&](const std::string& n) { return n.find(word) != n.npos; };
      if (ascii::all_of(word) && std::ranges::all_of(needles, has_word)) return word;
    }
  }
  return {};
}

int on_match(unsigned id, unsigned long long, unsigned long long, unsigned, void* found) {
  static_cast<std::vector<std::uint32_t>*>(found)->push_back(id);
  return 0;
}

}  // namespace

struct NeedleScanner::Engine {
  hs_database_t* database = nullptr;
  hs_scratch_t* scratch = nullptr;
  std::vector<std::string> few;  ///< where there is no database
  std::string common;            ///< in all needles; may be empty

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
  engine_->common = word_in_all(needles);
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

const std::string& NeedleScanner::common_word() const { return engine_->common; }

void NeedleScanner::scan(std::string_view text, Letters letters,
                         std::vector<std::uint32_t>& found) {
  if (text.empty()) return;
  const bool plain = letters == Letters::ascii;
  const auto has = [&](const std::string& needle) {
    return plain ? ascii::contains(text, needle) : text.find(needle) != text.npos;
  };
  if (engine_->database == nullptr) {
    for (std::size_t i = 0; i < engine_->few.size(); ++i) {
      if (has(engine_->few[i])) found.push_back(static_cast<std::uint32_t>(i));
    }
    return;
  }
  if (!engine_->common.empty() && !has(engine_->common)) return;
  CHECK(text.size() <= std::numeric_limits<unsigned>::max());
  const hs_error_t done =
      hs_scan(engine_->database, text.data(), static_cast<unsigned>(text.size()), 0,
              engine_->scratch, on_match, &found);
  CHECK(done == HS_SUCCESS);
}

}  // namespace proviso::rules
