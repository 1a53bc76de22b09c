// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/protobuf.h"

#include <array>
#include <bit>

namespace proviso::gate_daemon {
namespace {

constexpr std::uint64_t kFieldMax = (1U << 29) - 1;

}  // namespace

bool ProtobufReader::stop() {
  good_ = false;
  rest_ = {};
  return false;
}

// At most ten bytes; the tenth may hold only the 64th bit.
bool ProtobufReader::read_varint(std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < rest_.size() && i < 10; ++i) {
    const auto byte = static_cast<std::uint8_t>(rest_[i]);
    if (i == 9 && byte > 1) return false;
    value |= std::uint64_t{byte & 0x7FU} << (7 * i);
    if ((byte & 0x80U) == 0) {
      rest_.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

bool ProtobufReader::cut(std::uint64_t size, std::string_view& piece) {
  if (size > rest_.size()) return false;
  piece = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool ProtobufReader::next() {
  if (!good_ || rest_.empty()) return false;
  if (budget_->fields == 0) return stop();
  --budget_->fields;
  std::uint64_t key = 0;
  if (!read_varint(key)) return stop();
  const std::uint64_t number = key >> 3;
  if (number == 0 || number > kFieldMax) return stop();
  field_ = static_cast<std::uint32_t>(number);
  wire_ = static_cast<Wire>(key & 7);
  std::uint64_t size = 0;
  switch (wire_) {
    case Wire::varint: return read_varint(varint_) || stop();
    case Wire::fixed64: return cut(8, bytes_) || stop();
    case Wire::fixed32: return cut(4, bytes_) || stop();
    case Wire::delimited: return (read_varint(size) && cut(size, bytes_)) || stop();
  }
  return stop();  // groups, and the two wire types that do not exist
}

std::string_view ProtobufReader::bytes() {
  if (wire_ == Wire::delimited && good_) return bytes_;
  good_ = false;
  return {};
}

std::uint64_t ProtobufReader::varint() {
  if (wire_ == Wire::varint && good_) return varint_;
  good_ = false;
  return 0;
}

std::string_view ProtobufReader::fixed() {
  if ((wire_ == Wire::fixed32 || wire_ == Wire::fixed64) && good_) return bytes_;
  good_ = false;
  return {};
}

void ProtobufWriter::raw_varint(std::uint64_t value) {
  while (value >= 0x80) {
    out_->push_back(static_cast<char>((value & 0x7F) | 0x80));
    value >>= 7;
  }
  out_->push_back(static_cast<char>(value));
}

void ProtobufWriter::key(std::uint32_t field, std::uint32_t wire) {
  raw_varint((std::uint64_t{field} << 3) | wire);
}

void ProtobufWriter::varint(std::uint32_t field, std::uint64_t value) {
  key(field, 0);
  raw_varint(value);
}

void ProtobufWriter::bytes(std::uint32_t field, std::string_view value) {
  key(field, 2);
  raw_varint(value.size());
  out_->append(value);
}

void ProtobufWriter::number(std::uint32_t field, double value) {
  key(field, 1);
  auto bits = std::bit_cast<std::uint64_t>(value);
  for (int i = 0; i < 8; ++i) {
    out_->push_back(static_cast<char>(bits & 0xFF));
    bits >>= 8;
  }
}

std::size_t ProtobufWriter::begin(std::uint32_t field) {
  key(field, 2);
  out_->push_back('\0');
  return out_->size();
}

// One byte was kept for the length; a longer one moves the message.
void ProtobufWriter::end(std::size_t begun) {
  std::size_t size = out_->size() - begun;
  std::array<char, 10> length{};
  std::size_t used = 0;
  while (size >= 0x80) {
    length[used++] = static_cast<char>((size & 0x7F) | 0x80);
    size >>= 7;
  }
  length[used++] = static_cast<char>(size);
  out_->replace(begun - 1, 1, length.data(), used);
}

}  // namespace proviso::gate_daemon
