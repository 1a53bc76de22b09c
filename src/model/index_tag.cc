// SPDX-License-Identifier: Apache-2.0
#include "model/index_tag.h"

#include <algorithm>
#include <array>

namespace proviso::model {
namespace {

constexpr std::string_view kDomain = "proviso/index/v1";

constexpr std::array kAlways = {entry_kind::report_received, entry_kind::signal_raised,
                                entry_kind::evidence_added,  entry_kind::finding_made,
                                entry_kind::usage_looked_at, entry_kind::stage_begun,
                                entry_kind::opened,          entry_kind::private_erased,
                                entry_kind::notice_sent,     entry_kind::appeal_received};
// What begins so is about a case, also in later versions.
constexpr std::string_view kOfCase = "case-";
constexpr std::array kNever = {entry_kind::genesis, entry_kind::register_loaded, entry_kind::sealed,
                               entry_kind::index_published, entry_kind::confirmation_gap};
constexpr std::array kByOrder = {entry_kind::order_proposed, entry_kind::order_approved,
                                 entry_kind::order_in_force};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& kinds, std::string_view kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

void append_u64(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<std::uint8_t>(number >> static_cast<unsigned>(shift)));
  }
}

}  // namespace

std::string index_key(std::string_view secret, std::string_view name) {
  return std::string(KeyedHash(secret)(name).view());
}

Digest IndexTags::of(std::uint64_t number) const {
  std::string message(kDomain);
  append_u64(message, number);
  return hash_(message);
}

std::string index_leaf(const Digest& tag, std::uint64_t entry_index) {
  std::string out(tag.view());
  append_u64(out, entry_index);
  return out;
}

Tagged tagged(std::string_view kind) {
  if (one_of(kAlways, kind) || kind.starts_with(kOfCase)) return Tagged::always;
  if (one_of(kNever, kind)) return Tagged::never;
  return one_of(kByOrder, kind) ? Tagged::by_order : Tagged::unknown;
}

bool is_about_customer(std::string_view order_kind) {
  return order_kind == "restrict" || order_kind == "lift";
}

Result<std::optional<Digest>> tag_of(const Json& public_part) {
  const Json* about = public_part.find(kAbout);
  if (about == nullptr) return std::optional<Digest>();
  const auto tag =
      Digest::from_hex(about->if_string() != nullptr ? *about->if_string() : std::string());
  if (!tag) {
    return fail(Errc::invalid_input, "public.about: not a tag of 64 lower-case hexadecimal digits");
  }
  return std::optional(*tag);
}

Json index_published_to_json(const IndexPublished& index) {
  return Json::Object{
      {"from", index.from}, {"to", index.to}, {"tags", index.tags}, {"root", index.root.hex()}};
}

Result<IndexPublished> parse_index_published(const Json& public_part) {
  JsonReader reader(public_part, "public");
  const std::int64_t from = reader.integer("from");
  const std::int64_t to = reader.integer("to");
  const std::int64_t tags = reader.integer("tags");
  const auto root = Digest::from_hex(reader.string("root"));
  if (!root) reader.fail_at("root", "not a SHA-256");
  if (from < 0 || to < from) reader.fail_at("to", "must be `from` or more, and that 0 or more");
  if (tags < 0 || tags > to - from) reader.fail_at("tags", "more tags than entries");
  TRY_VOID(reader.finish());
  return IndexPublished{.from = static_cast<std::uint64_t>(from),
                        .to = static_cast<std::uint64_t>(to),
                        .tags = static_cast<std::uint64_t>(tags),
                        .root = *root};
}

}  // namespace proviso::model
