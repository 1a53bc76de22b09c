// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "rules/pipeline_items.h"

namespace proviso::rules {
namespace {

struct Hash {
  std::string algorithm;
  std::string digits;
};

// What a digest of so many hexadecimal digits is likely to be.
std::string_view algorithm_of_length(std::size_t length) {
  constexpr std::array<std::pair<std::size_t, std::string_view>, 4> kLengths = {{
      {32, "MD5"},
      {40, "SHA1"},
      {64, "SHA256"},
      {128, "SHA512"},
  }};
  const auto found =
      std::ranges::find(kLengths, length, &std::pair<std::size_t, std::string_view>::first);
  return found == kLengths.end() ? std::string_view{} : found->second;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

// "SHA1=5F1C...", "SHA1|5F1C..." or the digits alone. A wildcard before the algorithm, as
// `contains` puts it there, is not one of the digits.
Hash parse_hash(std::string_view text) {
  const char mark = text.find('|') != std::string_view::npos ? '|' : '=';
  const std::size_t at = text.find(mark);
  const bool two =
      at != std::string_view::npos && text.find(mark, at + 1) == std::string_view::npos;
  if (!two) {
    const std::string_view digits = text.substr(0, at);
    return {std::string(algorithm_of_length(digits.size())), std::string(digits)};
  }
  std::string_view algorithm = text.substr(0, at);
  algorithm.remove_prefix(std::min(algorithm.find_first_not_of('*'), algorithm.size()));
  return {upper(algorithm), std::string(text.substr(at + 1))};
}

void add(ResolvedSelection& out, const ResolvedItem& detection, std::string field,
         ItemValue value) {
  for (ResolvedSelection& child : out.children) {
    if (child.item.field == field) return child.item.values.push_back(std::move(value));
  }
  ResolvedSelection made;
  made.item = detection;
  made.item.field = std::move(field);
  made.item.values = {std::move(value)};
  out.children.push_back(std::move(made));
}

}  // namespace

Result<std::optional<ResolvedSelection>> split_hashes(const PipelineItem& item,
                                                      const ResolvedItem& detection) {
  const auto is_text = [](const ItemValue& v) { return v.kind == ItemValue::Kind::string; };
  if (detection.values.empty() || !std::ranges::all_of(detection.values, is_text)) {
    return std::optional<ResolvedSelection>();
  }
  // `neq` and `all` hold for all fields together: none of them, each of them.
  const bool every = detection.all != detection.negated;
  ResolvedSelection out{.kind = every ? ResolvedSelection::Kind::all_of
                                      : ResolvedSelection::Kind::any_of};
  for (const ItemValue& value : detection.values) {
    const Hash hash = parse_hash(plain(value.strings.front()));
    if (std::ranges::find(item.algorithms, hash.algorithm) == item.algorithms.end()) continue;
    ItemValue one;
    one.kind = ItemValue::Kind::string;
    one.at = value.at;
    one.strings = {parse_sigma_string(hash.digits)};
    add(out, detection, item.text + (item.drop_algorithm ? "" : hash.algorithm), std::move(one));
  }
  if (out.children.empty()) {
    return fail(Errc::invalid_input, "no value names a hash algorithm of the pipeline's");
  }
  return std::optional(std::move(out));
}

}  // namespace proviso::rules
