// SPDX-License-Identifier: Apache-2.0
#include "gates/index_audit.h"

#include <algorithm>

#include "ledger/merkle.h"

namespace proviso::gates {
namespace {

std::string text_of(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  return value != nullptr && value->if_string() != nullptr ? *value->if_string() : std::string();
}

}  // namespace

Result<void> IndexAudit::visit(std::uint64_t index, const model::Entry& entry) {
  TRY_VOID(check_tag(index, entry));
  if (entry.kind == model::entry_kind::index_published) return check_published(index, entry);
  return {};
}

Result<void> IndexAudit::check_tag(std::uint64_t index, const model::Entry& entry) {
  const auto tag = TRY(model::tag_of(entry.public_part));
  const model::Tagged rule = model::tagged(entry.kind);
  const bool is_about = is_about_customer(entry);
  if (is_about && entry.kind == model::entry_kind::order_in_force &&
      governance_orders_.contains(text_of(entry.public_part, "order"))) {
    return fail(Errc::denied,
                "is of an order that was logged as about nobody: its customer could "
                "not list its approvals");
  }
  if (!tag) {
    if (!is_about || rule == model::Tagged::unknown || leaves_.empty()) return {};
    return fail(Errc::denied, "is about a customer and has no tag: its customer could not list it");
  }
  if (!is_about) return fail(Errc::denied, "has a tag, and entries of its kind are about nobody");
  if (!tags_.insert(std::string(tag->view())).second) {
    return fail(Errc::denied, "has the tag of an earlier entry");
  }
  leaves_.push_back({*tag, index});
  ++counts_.tags;
  return {};
}

// An approval is known by its order's proposal: the one of a restriction may have been sealed, one
// about nobody never is.
bool IndexAudit::is_about_customer(const model::Entry& entry) {
  switch (model::tagged(entry.kind)) {
    case model::Tagged::never: return false;
    case model::Tagged::always:
    case model::Tagged::unknown: return true;
    case model::Tagged::by_order: break;
  }
  const std::string order = text_of(entry.public_part, "order");
  if (entry.kind == model::entry_kind::order_approved) return !governance_orders_.contains(order);
  const bool is_about = model::is_about_customer(text_of(entry.public_part, "kind"));
  if (!is_about) governance_orders_.insert(order);
  return is_about;
}

// Index entries cover nested or disjoint parts of the log, so leaves that were sorted for one stay
// together for the next that covers them.
Result<void> IndexAudit::check_published(std::uint64_t index, const model::Entry& entry) {
  const model::IndexPublished told = TRY(model::parse_index_published(entry.public_part));
  const std::uint64_t before = model::begins_after(marks_.size() + 1);
  const Mark from = before == 0 ? Mark{} : marks_[before - 1];
  const Mark last = marks_.empty() ? Mark{} : marks_.back();
  if (told.from != from.to) {
    return fail(Errc::denied, "is an index that does not begin at entry " +
                                  std::to_string(from.to) + ", as the one of its number does");
  }
  if (told.to < last.to || told.to > index) {
    return fail(Errc::denied, "is an index that ends before the one before it, or after itself");
  }
  const auto begin = leaves_.begin() + static_cast<std::ptrdiff_t>(from.leaves);
  const auto end = std::find_if(leaves_.begin() + static_cast<std::ptrdiff_t>(last.leaves),
                                leaves_.end(), [&](const Leaf& l) { return l.index >= told.to; });
  std::sort(begin, end);
  ledger::Frontier tree;
  for (auto leaf = begin; leaf != end; ++leaf) {
    tree.push(ledger::leaf_hash(model::index_leaf(leaf->tag, leaf->index)),
              [](std::uint64_t, const Digest&) {});
  }
  if (tree.size() != told.tags || tree.root() != told.root) {
    return fail(Errc::denied, "is an index of other tags than the log has there");
  }
  marks_.push_back({told.to, static_cast<std::size_t>(end - leaves_.begin())});
  ++counts_.published;
  counts_.covered = told.to;
  return {};
}

}  // namespace proviso::gates
