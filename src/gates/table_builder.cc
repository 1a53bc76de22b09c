// SPDX-License-Identifier: Apache-2.0
#include "gates/table_builder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>

#include "base/check.h"
#include "gates/presence_filter.h"
#include "gates/table_layout.h"

namespace proviso::gates {

// What is to be found under a key.
struct Placed {
  IdKey key;
  std::uint32_t ref = 0;
};

namespace {

constexpr std::size_t kAlignment = 64;
constexpr double kPerBucket = 4.5;
constexpr std::uint64_t kPlacesMax = std::numeric_limits<std::uint32_t>::max();

template <class T>
void append(std::string& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void pad_to(std::string& out, std::size_t multiple) {
  out.resize((out.size() + multiple - 1) / multiple * multiple);
}

// Puts every key into the first bucket from its home on that has room; those on the way spill.
std::vector<layout::Bucket> fill_buckets(const std::vector<Placed>& placed) {
  const auto count = static_cast<std::size_t>(static_cast<double>(placed.size()) / kPerBucket) + 1;
  std::vector<layout::Bucket> buckets(count);
  for (const Placed& item : placed) {
    std::uint64_t at = layout::home_of(item.key, count);
    while (buckets[at].tags.back() != 0) {
      buckets[at].spill = 1;
      at = at + 1 == count ? 0 : at + 1;
    }
    layout::Bucket& bucket = buckets[at];
    const auto slot = static_cast<std::size_t>(
        std::find(bucket.tags.begin(), bucket.tags.end(), 0U) - bucket.tags.begin());
    bucket.tags[slot] = layout::tag_of(item.key);
    bucket.refs[slot] = item.ref;
  }
  return buckets;
}

// Reserves room behind what is there, at a multiple of 64.
std::uint64_t reserve(std::uint64_t& size, std::uint64_t bytes) {
  const std::uint64_t at = size;
  size = (size + bytes + kAlignment - 1) / kAlignment * kAlignment;
  return at;
}

std::string_view bytes_of(const auto& items) {
  return {reinterpret_cast<const char*>(items.data()), items.size() * sizeof(items[0])};
}

}  // namespace

std::uint32_t TableBuilder::intern(std::string_view text) {
  if (strings_.empty()) append(strings_, std::uint16_t{0});  // place 0: the empty string
  if (text.empty()) return 0;
  const auto [it, is_new] = interned_.emplace(text, static_cast<std::uint32_t>(strings_.size()));
  if (is_new) {
    append(strings_, static_cast<std::uint16_t>(text.size()));
    strings_ += text;
  }
  return it->second;
}

std::uint32_t TableBuilder::add_order(EnforcedOrder order) {
  CHECK(order.schedule.size() <= std::numeric_limits<std::uint16_t>::max());
  CHECK(order.catalogue <= std::numeric_limits<std::uint16_t>::max());
  orders_.push_back(std::move(order));
  return static_cast<std::uint32_t>(orders_.size() - 1);
}

std::uint32_t TableBuilder::add_list(const std::vector<std::string>& regions,
                                     const std::vector<std::string>& resources) {
  const auto place = static_cast<std::uint32_t>(lists_.size());
  lists_.push_back(static_cast<std::uint32_t>(regions.size()));
  lists_.push_back(static_cast<std::uint32_t>(resources.size()));
  for (const auto* list : {&regions, &resources}) {
    std::set<std::string_view> sorted(list->begin(), list->end());
    for (const std::string_view item : sorted) lists_.push_back(intern(item));
    lists_[place + (list == &resources ? 1U : 0U)] = static_cast<std::uint32_t>(sorted.size());
  }
  return place;
}

std::uint32_t TableBuilder::number_of_service(std::string_view service) {
  return services_.emplace(service, static_cast<std::uint32_t>(services_.size())).first->second;
}

Result<void> TableBuilder::add_line(const model::ScopeLine& line, std::uint32_t order) {
  const std::string& id = line.subscription.value;
  Line packed{.key = key_of(seed_, id)};
  if (!packed.key.guid) {
    packed.id_at = static_cast<std::uint32_t>(ids_.size());
    packed.id_bytes = static_cast<std::uint32_t>(id.size());
    ids_ += id;
  }
  unsigned classes = 0;
  for (const model::ActionClass c : line.classes) classes |= 1U << static_cast<unsigned>(c);
  packed.word = layout::line_word(order, number_of_service(line.service.value), classes);
  if (!line.regions.empty() || !line.resources.empty()) {
    packed.lists = add_list(line.regions, line.resources);
  }
  return add(packed);
}

Result<void> TableBuilder::add(Line line) {
  if (services_.size() > layout::kServicesMax) {
    return fail(Errc::exhausted, "the restrictions in force name more than 262144 services");
  }
  if (std::max({ids_.size(), strings_.size(), lists_.size(), lines_.size()}) > kPlacesMax / 2) {
    return fail(Errc::exhausted, "the restrictions in force are too many for one gate");
  }
  lines_.push_back(line);
  return {};
}

Result<void> TableBuilder::add_line(const PackedTable::Line& line, std::uint32_t order) {
  Line packed{.key = line.key};
  packed.id_at = static_cast<std::uint32_t>(ids_.size());
  packed.id_bytes = static_cast<std::uint32_t>(line.id.size());
  ids_ += line.id;
  packed.word = layout::line_word(order, number_of_service(line.service), line.classes);
  if (!line.regions.empty() || !line.resources.empty()) {
    packed.lists = add_list(line.regions, line.resources);
  }
  return add(packed);
}

Result<void> TableBuilder::add_table(const PackedTable& table, GoneBits gone) {
  std::vector<std::uint32_t> numbers(table.order_count(), kNoOrder);
  for (std::uint32_t i = 0; i < numbers.size(); ++i) {
    if (!is_gone(gone, i)) numbers[i] = add_order(table.order(i));
  }
  Result<void> added;
  table.for_each_line([&](const PackedTable::Line& line) {
    if (added && numbers[line.order] != kNoOrder) added = add_line(line, numbers[line.order]);
  });
  return added;
}

std::string_view TableBuilder::id_of(const Line& line) const {
  return std::string_view(ids_).substr(line.id_at, line.id_bytes);
}

// By subscription; negative, zero or positive.
int TableBuilder::compare(const Line& a, const Line& b) const {
  if (a.key.a != b.key.a) return a.key.a < b.key.a ? -1 : 1;
  if (a.key.b != b.key.b) return a.key.b < b.key.b ? -1 : 1;
  if (a.key.guid != b.key.guid) return a.key.guid ? -1 : 1;
  return id_of(a).compare(id_of(b));
}

std::size_t TableBuilder::end_of_subscription(std::size_t begin) const {
  std::size_t end = begin + 1;
  while (end < lines_.size() && compare(lines_[begin], lines_[end]) == 0) ++end;
  return end;
}

void TableBuilder::append_record(std::span<const Line> lines, std::string& records) const {
  layout::Record record{.a = lines.front().key.a,
                        .b = lines.front().key.b,
                        .lines = static_cast<std::uint32_t>(lines.size()),
                        .id_bytes = static_cast<std::uint16_t>(lines.front().id_bytes)};
  record.has_lists =
      std::any_of(lines.begin(), lines.end(), [](const Line& l) { return l.lists != 0; }) ? 1 : 0;
  append(records, record);
  records += id_of(lines.front());
  pad_to(records, sizeof(std::uint64_t));
  for (const Line& line : lines) append(records, line.word);
  if (record.has_lists == 0) return;
  for (const Line& line : lines) append(records, std::uint64_t{line.lists});
}

// `lines_` are sorted.
Result<std::string> TableBuilder::records(std::vector<Placed>& placed) const {
  std::string out;
  for (std::size_t begin = 0, end = 0; begin < lines_.size(); begin = end) {
    end = end_of_subscription(begin);
    if (out.size() / 8 > kPlacesMax) {
      return fail(Errc::exhausted, "the restrictions in force take more than 32 GiB");
    }
    placed.push_back({lines_[begin].key, static_cast<std::uint32_t>(out.size() / 8)});
    append_record(std::span(lines_).subspan(begin, end - begin), out);
  }
  return out;
}

std::string TableBuilder::orders() {
  std::string out;
  for (const EnforcedOrder& order : orders_) {
    layout::OrderRecord record{.digest = order.digest, .term = intern(order.term)};
    if (const auto end = order.review ? order.review : order.until) {
      record.end = layout::end_word(unix_seconds(*end), order.review.has_value());
    }
    std::vector<std::uint64_t> steps;
    for (const auto& step : order.schedule) {
      steps.push_back(layout::step_word(unix_seconds(step.from), step.held()));
    }
    record.catalogue = static_cast<std::uint16_t>(order.catalogue);
    record.step_count = static_cast<std::uint16_t>(steps.size());
    if (steps.size() > record.steps.size()) {
      record.steps[0] = steps_.size();
      steps_.insert(steps_.end(), steps.begin(), steps.end());
    } else {
      std::copy(steps.begin(), steps.end(), record.steps.begin());
    }
    append(out, record);
  }
  return out;
}

Result<std::string> TableBuilder::operations(std::span<const model::Catalogue> catalogues,
                                             std::vector<Placed>& placed) const {
  std::string out;
  for (std::uint32_t c = 0; c < catalogues.size(); ++c) {
    for (const auto& [service, operations] : catalogues[c].services()) {
      const auto number = services_.find(service);
      if (number == services_.end()) continue;
      for (const auto& [name, action_class] : operations) {
        placed.push_back({layout::operation_key(key_of(seed_, name), c, number->second),
                          static_cast<std::uint32_t>(out.size())});
        append(out,
               layout::OperationRecord{.catalogue = c,
                                       .service = number->second,
                                       .name_bytes = static_cast<std::uint16_t>(name.size()),
                                       .action_class = static_cast<std::uint8_t>(action_class)});
        out += name;
        pad_to(out, alignof(layout::OperationRecord));
        if (out.size() > kPlacesMax) {
          return fail(Errc::exhausted, "the catalogues that orders pin take more than 4 GiB");
        }
      }
    }
  }
  return out;
}

Result<PackedTable> TableBuilder::finish(std::span<const model::Catalogue> catalogues) {
  std::sort(lines_.begin(), lines_.end(), [&](const Line& a, const Line& b) {
    const int order = compare(a, b);
    if (order != 0) return order < 0;
    const auto service = [](const Line& l) { return layout::service_in(l.word); };
    if (service(a) != service(b)) return service(a) < service(b);
    return layout::order_in(a.word) < layout::order_in(b.word);
  });
  layout::Head head{.seed = seed_, .order_count = orders_.size(), .line_count = lines_.size()};
  std::vector<Placed> subscriptions;
  const std::string records = TRY(this->records(subscriptions));
  head.subscription_count = subscriptions.size();
  std::vector<std::uint32_t> service_names(services_.size());
  std::vector<Placed> services;
  for (const auto& [name, number] : services_) {
    service_names[number] = intern(name);
    services.push_back({key_of(seed_, name), number});
  }
  std::vector<Placed> operations;
  const std::string operation_records = TRY(this->operations(catalogues, operations));
  const std::string orders = this->orders();
  intern("");

  std::vector<std::uint64_t> filter(PresenceFilter::words_for(subscriptions.size()));
  for (const Placed& item : subscriptions) PresenceFilter::add(filter, item.key);
  const auto subscription_buckets = fill_buckets(subscriptions);
  const auto service_buckets = fill_buckets(services);
  const auto operation_buckets = fill_buckets(operations);
  std::vector<std::pair<std::uint64_t, std::string_view>> sections;
  std::uint64_t size = 0;
  reserve(size, sizeof head);
  const auto section = [&](std::string_view bytes) {
    sections.emplace_back(reserve(size, bytes.size()), bytes);
    return sections.back().first;
  };
  head.filter = section(bytes_of(filter));
  head.filter_words = filter.size();
  head.subscriptions = {section(bytes_of(subscription_buckets)), subscription_buckets.size()};
  head.services = {section(bytes_of(service_buckets)), service_buckets.size()};
  head.operations = {section(bytes_of(operation_buckets)), operation_buckets.size()};
  head.records = section(records);
  head.service_names = section(bytes_of(service_names));
  head.operation_records = section(operation_records);
  head.orders = section(orders);
  head.steps = section(bytes_of(steps_));
  head.lists = section(bytes_of(lists_));
  head.strings = section(strings_);

  PackedTable::Image image(size);
  std::memcpy(image.data(), &head, sizeof head);
  for (const auto& [place, bytes] : sections) {
    if (!bytes.empty()) std::memcpy(image.data() + place, bytes.data(), bytes.size());
  }
  return PackedTable(std::move(image));
}

}  // namespace proviso::gates
