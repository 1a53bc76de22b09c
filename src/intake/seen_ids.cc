// SPDX-License-Identifier: Apache-2.0
#include "intake/seen_ids.h"

#include <algorithm>
#include <cstring>

#include "base/digest.h"

// A delta is the magic and then the operations that changed the set, in order; loading one applies
// them again. Written into every stored delta. Never change; a new form gets a new magic.
//   'F' u32 length, file key       begin_file; also at the front of each delta
//   'N' u32 length, file key       begin_file_anew
//   'I' i32 day, 16 bytes          insert, of an id that was new
//   'E' i32 day, 16 bytes          insert_equal; the ordinal follows from the order
// All numbers are little-endian.
namespace proviso::intake {
namespace {

constexpr std::string_view kMagic = "PVSEEN03";
constexpr std::string_view kMagicOfSha = "PVSEEN02";  // keys of another kind
constexpr std::size_t kSlotsMin = 64;
constexpr std::size_t kFileKeyBytesMax = 64U << 10U;

std::uint64_t low_word(const EventKey& key) {
  std::uint64_t word = 0;
  std::memcpy(&word, key.bytes.data(), sizeof word);
  return word;
}

std::uint64_t high_word(const EventKey& key) {
  std::uint64_t word = 0;
  std::memcpy(&word, key.bytes.data() + sizeof word, sizeof word);
  return word;
}

// What == says, without a call to compare bytes.
bool same(const EventKey& a, const EventKey& b) {
  return low_word(a) == low_word(b) && high_word(a) == high_word(b);
}

bool is_empty(const EventKey& slot) { return (low_word(slot) | high_word(slot)) == 0; }

void put_u32(std::string& out, std::uint32_t number) {
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(number >> shift);
}

void put_key(std::string& out, char kind, std::int64_t day, const EventKey& key) {
  char bytes[5 + sizeof key.bytes] = {kind};
  for (unsigned i = 0; i < 4; ++i) bytes[1 + i] = static_cast<char>(day >> (8 * i));
  std::memcpy(bytes + 5, key.bytes.data(), sizeof key.bytes);
  out.append(bytes, sizeof bytes);
}

void put_file(std::string& out, char kind, std::string_view key) {
  out += kind;
  put_u32(out, static_cast<std::uint32_t>(key.size()));
  out += key;
}

std::uint32_t take_u32(std::string_view& bytes) {
  std::uint32_t number = 0;
  for (unsigned i = 0; i < 4; ++i) {
    number |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  bytes.remove_prefix(4);
  return number;
}

std::int64_t day_of(Time time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

}  // namespace

std::size_t SeenIds::KeyHash::operator()(const EventKey& key) const { return low_word(key); }

/// False where it is there already. The key is a keyed hash: its own bits place it.
bool SeenIds::Day::insert(const EventKey& key) {
  if (4 * (used + 1) > 3 * slots.size()) grow();
  const std::size_t mask = slots.size() - 1;
  std::size_t i = low_word(key) & mask;
  while (!is_empty(slots[i])) {
    if (same(slots[i], key)) return false;
    i = (i + 1) & mask;
  }
  slots[i] = key;
  ++used;
  return true;
}

void SeenIds::Day::grow() {
  const auto old = std::move(slots);
  slots.assign(std::max(kSlotsMin, 2 * old.size()), EventKey{});
  used = 0;
  for (const EventKey& key : old) {
    if (!is_empty(key)) insert(key);
  }
}

void SeenIds::begin_file(std::string_view file_key) {
  file_key = file_key.substr(0, kFileKeyBytesMax);
  if (file_key == file_key_) return;
  file_key_ = file_key;
  if (!delta_.empty()) put_file(delta_, 'F', file_key_);
}

void SeenIds::begin_file_anew(std::string_view file_key) {
  begin_file(file_key);
  equals_of_.erase(file_key_);
  start_delta();
  put_file(delta_, 'N', file_key_);
}

// Each delta names its file, so that it can be read when older ones are gone.
void SeenIds::start_delta() {
  if (!delta_.empty()) return;
  delta_ = kMagic;
  put_file(delta_, 'F', file_key_);
}

void SeenIds::forget_old_days() {
  last_ = nullptr;
  while (!days_.empty() && days_.begin()->first < newest_day_ - kDaysKept) {
    days_.erase(days_.begin());
  }
}

bool SeenIds::insert_in_day(const EventKey& key, std::int64_t day) {
  if (day > newest_day_) {
    newest_day_ = day;
    forget_old_days();
  }
  // A day older than what is kept gets a table for as long as the newest day stays: a file of old
  // events in any order still counts each once.
  if (day != last_day_ || last_ == nullptr) {
    last_ = &days_[day];
    last_day_ = day;
  }
  return last_->insert(key);
}

void SeenIds::prefetch(const EventKey& key) const {
  if (last_ == nullptr || last_->slots.empty()) return;
  const std::size_t at = low_word(key) & (last_->slots.size() - 1);
  __builtin_prefetch(&last_->slots[at], 1);
}

bool SeenIds::count_equal(const EventKey& canonical, std::int64_t day) {
  const std::uint64_t ordinal = equals_of_[file_key_][canonical]++;
  std::string bytes(canonical.bytes.begin(), canonical.bytes.end());
  for (unsigned shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(ordinal >> shift);
  const Digest digest = sha256(bytes);
  EventKey key;
  std::copy_n(digest.bytes.begin(), key.bytes.size(), key.bytes.begin());
  return insert_in_day(key, day);
}

bool SeenIds::insert(const EventKey& id, Time event_time) {
  const std::int64_t day = day_of(event_time);
  if (!insert_in_day(id, day)) return false;
  start_delta();
  put_key(delta_, 'I', day, id);
  return true;
}

bool SeenIds::insert_equal(const EventKey& canonical, Time event_time) {
  const std::int64_t day = day_of(event_time);
  start_delta();
  put_key(delta_, 'E', day, canonical);
  return count_equal(canonical, day);
}

std::string SeenIds::take_delta() { return std::exchange(delta_, {}); }

Result<void> SeenIds::load_delta(std::string_view bytes) {
  const auto damaged = [] { return fail(Errc::corrupt, "stored event ids: the delta is damaged"); };
  if (bytes.empty()) return {};
  if (bytes.starts_with(kMagicOfSha)) {
    return fail(Errc::corrupt,
                "stored event ids: written by an older version, which told events apart in another "
                "way (make a new data folder)");
  }
  if (!bytes.starts_with(kMagic)) return damaged();
  bytes.remove_prefix(kMagic.size());
  while (!bytes.empty()) {
    const char kind = bytes.front();
    bytes.remove_prefix(1);
    if (bytes.size() < 4) return damaged();
    const std::uint32_t number = take_u32(bytes);
    if (kind == 'F' || kind == 'N') {
      if (number > kFileKeyBytesMax || bytes.size() < number) return damaged();
      file_key_ = bytes.substr(0, number);
      if (kind == 'N') equals_of_.erase(file_key_);
      bytes.remove_prefix(number);
      continue;
    }
    EventKey key;
    if ((kind != 'I' && kind != 'E') || bytes.size() < key.bytes.size()) return damaged();
    std::memcpy(key.bytes.data(), bytes.data(), key.bytes.size());
    bytes.remove_prefix(key.bytes.size());
    const std::int64_t day = static_cast<std::int32_t>(number);
    if (kind == 'I') insert_in_day(key, day);
    if (kind == 'E') count_equal(key, day);
  }
  return {};
}

std::uint64_t SeenIds::size() const {
  std::uint64_t total = 0;
  for (const auto& [day, table] : days_) total += table.used;
  return total;
}

std::uint64_t SeenIds::memory_bytes() const {
  std::uint64_t total = 0;
  for (const auto& [day, table] : days_) total += table.slots.size() * sizeof(EventKey);
  for (const auto& [file, equals] : equals_of_) total += equals.size() * (sizeof(EventKey) + 32);
  return total + delta_.capacity();
}

}  // namespace proviso::intake
