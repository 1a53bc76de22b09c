// SPDX-License-Identifier: Apache-2.0
#include "ledger/wal.h"

#include <optional>

#include "base/check.h"
#include "base/digest.h"

namespace proviso::ledger {
namespace {

// Written into every frame. Never change.
constexpr std::string_view kMagic = "PVL1";
constexpr std::size_t kHeadBytes = 8;    // magic, length of the body
constexpr std::size_t kCheckBytes = 16;  // first half of the SHA-256 over head and body

void put(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) {
    out.push_back(static_cast<char>((value >> (8 * (i - 1))) & 255U));
  }
}

/// Reads big-endian numbers and strings off the front; `ok` turns false where there are too few.
struct Cursor {
  std::string_view rest;
  bool ok = true;
  std::string_view take(std::size_t count) {
    if (rest.size() < count) {
      ok = false;
      return {};
    }
    const std::string_view out = rest.substr(0, count);
    rest.remove_prefix(count);
    return out;
  }
  std::uint64_t number(unsigned bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = (value << 8U) | static_cast<unsigned char>(c);
    return value;
  }
};

std::string check_of(std::string_view head_and_body) {
  return std::string(sha256(head_and_body).view().substr(0, kCheckBytes));
}

// Length of the whole frame at the front of `bytes`, if its check fits.
std::optional<std::size_t> whole_frame(std::string_view bytes) {
  if (bytes.size() < kHeadBytes + kCheckBytes || !bytes.starts_with(kMagic)) return {};
  Cursor cursor{bytes.substr(kMagic.size())};
  const std::size_t body = cursor.number(4);
  if (body > kFrameBodyMax || bytes.size() - kHeadBytes - kCheckBytes < body) return {};
  const std::string_view checked = bytes.substr(0, kHeadBytes + body);
  if (bytes.substr(checked.size(), kCheckBytes) != check_of(checked)) return {};
  return checked.size() + kCheckBytes;
}

std::optional<Frame> parse_body(std::string_view body) {
  Cursor cursor{body};
  Frame frame;
  frame.first = cursor.number(8);
  const std::uint64_t count = cursor.number(4);
  for (std::uint64_t i = 0; i < count && cursor.ok; ++i) {
    NewEntry entry;
    entry.id = cursor.take(cursor.number(1));
    entry.bytes = cursor.take(cursor.number(2));
    frame.entries.push_back(std::move(entry));
  }
  frame.checkpoint = cursor.take(cursor.number(4));
  if (!cursor.ok || !cursor.rest.empty()) return {};
  return frame;
}

}  // namespace

std::size_t frame_bytes_of(std::string_view id, std::string_view bytes) {
  return 3 + id.size() + bytes.size();
}

void FrameBuilder::begin(std::uint64_t first) {
  frame_.assign(kMagic);
  put(frame_, 0, 4);  // the body's length, known at the end
  put(frame_, first, 8);
  put(frame_, 0, 4);  // how many entries, as well
  count_ = 0;
}

void FrameBuilder::add(std::string_view id, std::string_view bytes) {
  put(frame_, id.size(), 1);
  frame_ += id;
  put(frame_, bytes.size(), 2);
  frame_ += bytes;
  ++count_;
}

std::string_view FrameBuilder::finish(std::string_view checkpoint) {
  put(frame_, checkpoint.size(), 4);
  frame_ += checkpoint;
  const std::size_t body = frame_.size() - kHeadBytes;
  CHECK(body <= kFrameBodyMax);
  std::string number;
  put(number, body, 4);
  frame_.replace(kMagic.size(), 4, number);
  number.clear();
  put(number, count_, 4);
  frame_.replace(kHeadBytes + 8, 4, number);
  frame_ += check_of(frame_);
  return frame_;
}

std::string encode_frame(std::uint64_t first, std::span<const NewEntry> entries,
                         std::string_view checkpoint) {
  FrameBuilder frame;
  frame.begin(first);
  for (const NewEntry& entry : entries) frame.add(entry.id, entry.bytes);
  return std::string(frame.finish(checkpoint));
}

Result<WalContent> decode_wal(std::string_view bytes) {
  WalContent out;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::string_view rest = bytes.substr(at);
    const auto length = whole_frame(rest);
    if (!length) {
      for (auto next = rest.find(kMagic, 1); next != std::string_view::npos;
           next = rest.find(kMagic, next + 1)) {
        if (whole_frame(rest.substr(next))) {
          return fail(Errc::corrupt, "damaged at byte " + std::to_string(at) +
                                         ", with acknowledged entries behind it");
        }
      }
      out.torn_bytes = rest.size();
      return out;
    }
    auto frame = parse_body(rest.substr(kHeadBytes, *length - kHeadBytes - kCheckBytes));
    if (!frame) {
      return fail(Errc::corrupt, "the frame at byte " + std::to_string(at) + " is malformed");
    }
    out.frames.push_back(std::move(*frame));
    at += *length;
  }
  return out;
}

}  // namespace proviso::ledger
