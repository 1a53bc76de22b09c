// SPDX-License-Identifier: Apache-2.0
#include "ledger/id_run.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/digest.h"

// Blocks of sorted records, then one fence (the first print's high half) per block, then a filter,
// then a footer. Fences and filter are in memory, so an id that is not here costs no read in 199 of
// 200 cases, and one that is costs one.
namespace proviso::ledger {
namespace {

// On disk. Never change.
constexpr std::string_view kMagic = "PVI1";
constexpr std::size_t kRecordBytes = 24;
constexpr std::size_t kBlockRecords = 128;
constexpr std::size_t kBlockCheckBytes = 8;
constexpr std::size_t kBlockBytes = kBlockRecords * kRecordBytes + kBlockCheckBytes;
constexpr std::size_t kFilterBlockBytes = 64;
constexpr std::size_t kFilterBitsPerId = 12;
constexpr unsigned kFilterProbes = 7;
constexpr std::size_t kFooterBytes = 4 + 8 + 8 + 16;
constexpr std::size_t kFooterCheckBytes = 16;

void put(std::string& out, std::uint64_t value) {
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::uint64_t number_at(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

std::uint64_t blocks_of(std::uint64_t ids) { return (ids + kBlockRecords - 1) / kBlockRecords; }

std::uint64_t filter_blocks_of(std::uint64_t ids) {
  return (ids * kFilterBitsPerId + kFilterBlockBytes * 8 - 1) / (kFilterBlockBytes * 8);
}

/// Where a print's bits are: one block of the filter, and 9 bits of `bits` for each probe.
struct FilterPlace {
  std::size_t byte;
  std::uint64_t bits;
};
FilterPlace filter_place(const IdPrint& print, std::size_t filter_bytes) {
  const std::uint64_t block = print.low % (filter_bytes / kFilterBlockBytes);
  return {block * kFilterBlockBytes, print.high};
}

std::string make_filter(std::span<const IdRecord> records) {
  std::string filter(filter_blocks_of(records.size()) * kFilterBlockBytes, '\0');
  for (const IdRecord& record : records) {
    auto [byte, bits] = filter_place(record.print, filter.size());
    for (unsigned i = 0; i < kFilterProbes; ++i, bits >>= 9U) {
      char& target = filter[byte + ((bits & 511U) >> 3U)];
      target = static_cast<char>(static_cast<unsigned char>(target) | (1U << (bits & 7U)));
    }
  }
  return filter;
}

std::string block_check(std::uint64_t n, std::string_view records) {
  std::string text;
  put(text, n);
  return std::string(sha256(text.append(records)).view().substr(0, kBlockCheckBytes));
}

}  // namespace

IdPrint print_of(std::string_view id) {
  const Digest digest = sha256(id);
  return {number_at(digest.view(), 0), number_at(digest.view(), 8)};
}

std::string encode_id_run(EntryIndex from, EntryIndex to, std::span<const IdRecord> records) {
  CHECK(from < to && records.size() == to - from);
  std::string out;
  std::string fences;
  out.reserve(records.size() * kRecordBytes + blocks_of(records.size()) * 16 +
              filter_blocks_of(records.size()) * kFilterBlockBytes + kFooterBytes);
  for (std::uint64_t n = 0; n < blocks_of(records.size()); ++n) {
    const std::size_t begin = out.size();
    const auto rest = records.subspan(n * kBlockRecords);
    put(fences, rest.front().print.high);
    for (const IdRecord& record : rest.first(std::min(kBlockRecords, rest.size()))) {
      put(out, record.print.high);
      put(out, record.print.low);
      put(out, record.index);
    }
    out += block_check(n, std::string_view(out).substr(begin));
  }
  std::string tail = fences + make_filter(records);
  tail += kMagic;
  put(tail, from);
  put(tail, to);
  tail += sha256(tail).view().substr(0, kFooterCheckBytes);
  return out + tail;
}

Result<std::shared_ptr<const IdRun>> IdRun::open(FileSystem& fs, const std::string& path) {
  std::shared_ptr<IdRun> run(new IdRun());
  run->path_ = path;
  run->file_ = TRY(fs.open_read(path));
  TRY_VOID(run->load());
  return std::shared_ptr<const IdRun>(std::move(run));
}

Result<void> IdRun::load() {
  const auto damaged = [&] { return fail(Errc::corrupt, path_ + ": its footer is damaged"); };
  if (file_->size() < kFooterBytes) return damaged();
  const std::string footer = TRY(file_->read_at(file_->size() - kFooterBytes, kFooterBytes));
  from_ = number_at(footer, 4);
  to_ = number_at(footer, 12);
  if (!footer.starts_with(kMagic) || from_ >= to_ || to_ > kTreeSizeMax) return damaged();
  const std::uint64_t ids = to_ - from_;
  // An id takes more than 24 bytes: what a damaged footer merely claims is not allocated.
  if (ids > file_->size() / kRecordBytes) return damaged();
  const std::uint64_t blocks = blocks_of(ids);
  const std::uint64_t records_end = ids * kRecordBytes + blocks * kBlockCheckBytes;
  const std::uint64_t filter_bytes = filter_blocks_of(ids) * kFilterBlockBytes;
  const std::uint64_t tail_bytes = blocks * 8 + filter_bytes + kFooterBytes;
  if (file_->size() != records_end + tail_bytes) return damaged();
  const std::string tail = TRY(file_->read_at(records_end, tail_bytes));
  const std::string_view checked = std::string_view(tail).substr(0, tail_bytes - kFooterCheckBytes);
  if (!sha256(checked).view().starts_with(tail.substr(checked.size()))) return damaged();
  fences_.resize(blocks);
  for (std::uint64_t n = 0; n < blocks; ++n) fences_[n] = number_at(tail, n * 8);
  filter_ = tail.substr(blocks * 8, filter_bytes);
  return {};
}

bool IdRun::may_have(const IdPrint& print) const {
  auto [byte, bits] = filter_place(print, filter_.size());
  for (unsigned i = 0; i < kFilterProbes; ++i, bits >>= 9U) {
    const auto have = static_cast<unsigned char>(filter_[byte + ((bits & 511U) >> 3U)]);
    if ((have & (1U << (bits & 7U))) == 0) return false;
  }
  return true;
}

Result<std::vector<IdRecord>> IdRun::block(std::uint64_t n) const {
  const std::uint64_t first = n * kBlockRecords;
  const std::size_t count = std::min<std::uint64_t>(kBlockRecords, to_ - from_ - first);
  const std::string bytes =
      TRY(file_->read_at(n * kBlockBytes, count * kRecordBytes + kBlockCheckBytes));
  const std::string_view records = std::string_view(bytes).substr(0, count * kRecordBytes);
  if (block_check(n, records) != bytes.substr(records.size())) {
    return fail(Errc::corrupt, path_ + ": block " + std::to_string(n) + " is damaged");
  }
  std::vector<IdRecord> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = i * kRecordBytes;
    out[i] = {{number_at(records, at), number_at(records, at + 8)}, number_at(records, at + 16)};
  }
  return out;
}

Result<std::optional<EntryIndex>> IdRun::find(const IdPrint& print) const {
  if (!may_have(print)) return std::optional<EntryIndex>();
  // The last block that begins below the print, so that prints with equal high halves on both sides
  // of a border are found: at most one block more.
  auto fence = std::lower_bound(fences_.begin(), fences_.end(), print.high);
  auto n = static_cast<std::uint64_t>(fence - fences_.begin());
  if (n > 0) --n;
  for (; n < fences_.size() && fences_[n] <= print.high; ++n) {
    const auto records = TRY(block(n));
    const auto at = std::lower_bound(records.begin(), records.end(), IdRecord{print, 0});
    if (at != records.end() && at->print == print) return std::optional<EntryIndex>(at->index);
  }
  return std::optional<EntryIndex>();
}

Result<std::vector<IdRecord>> IdRun::records() const {
  std::vector<IdRecord> out;
  out.reserve(to_ - from_);
  for (std::uint64_t n = 0; n < fences_.size(); ++n) {
    const auto records = TRY(block(n));
    out.insert(out.end(), records.begin(), records.end());
  }
  return out;
}

}  // namespace proviso::ledger
