// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace proviso::gate_daemon {

/// As many fields are read of one message, those inside it counted too; beyond, it is refused.
inline constexpr std::size_t kProtobufFieldsMax = 20'000;

/// Reads the fields of one message in the wire format of protocol buffers, in the order in which
/// they come. What it gives are views into the bytes.
///
///   ProtobufReader reader(bytes, budget);
///   while (reader.next()) {
///     if (reader.field() == 1) name = reader.bytes();
///   }
///   if (!reader.good()) ...
///
/// A field that nobody asks for is skipped, whatever is in it: its inside is not looked at, so a
/// message that is nested a thousand deep costs no depth. Groups, which proto3 does not have, are
/// refused. After anything wrong next() is false, and stays so.
/// Robust to untrusted bytes.
class ProtobufReader {
 public:
  /// How many fields may still be read; one for a message and all readers of what is inside it.
  struct Budget {
    std::size_t fields = kProtobufFieldsMax;
  };

  ProtobufReader(std::string_view bytes, Budget& budget) : rest_(bytes), budget_(&budget) {}

  /// Goes to the next field; false at the end, and where something is wrong.
  bool next();
  /// 1 to 536,870,911.
  [[nodiscard]] std::uint32_t field() const { return field_; }
  /// Of a length-delimited field (string, bytes, message, map entry). Another wire type is wrong:
  /// then empty, and good() is false from then on.
  std::string_view bytes();
  /// Of a varint field; likewise.
  std::uint64_t varint();
  /// Of a fixed32 or fixed64 field, little-endian; likewise.
  std::string_view fixed();
  /// A reader of the message in this field; likewise.
  ProtobufReader message() { return inside(bytes()); }
  /// Of a message that was in a field of this one, under the same budget.
  [[nodiscard]] ProtobufReader inside(std::string_view message) const {
    return {message, *budget_};
  }

  [[nodiscard]] bool good() const { return good_; }
  /// Something was wrong in a message inside this one.
  void fail() { good_ = false; }

 private:
  enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 };

  bool stop();
  bool read_varint(std::uint64_t& value);
  bool cut(std::uint64_t size, std::string_view& piece);

  std::string_view rest_;
  Budget* budget_;
  std::string_view bytes_;
  std::uint64_t varint_ = 0;
  std::uint32_t field_ = 0;
  Wire wire_ = Wire::varint;
  bool good_ = true;
};

/// Appends fields to a message. Every field is written as it is told, also one that has its default
/// value, which a reader would take for absent: see ext_authz_response.h for why.
class ProtobufWriter {
 public:
  explicit ProtobufWriter(std::string& out) : out_(&out) {}

  void varint(std::uint32_t field, std::uint64_t value);
  void bytes(std::uint32_t field, std::string_view value);
  /// A double, as google.protobuf.Value has numbers.
  void number(std::uint32_t field, double value);

  /// Begins a message in `field`; end() with what it returned, the inner before the outer.
  [[nodiscard]] std::size_t begin(std::uint32_t field);
  void end(std::size_t begun);

 private:
  void key(std::uint32_t field, std::uint32_t wire);
  void raw_varint(std::uint64_t value);

  std::string* out_;
};

}  // namespace proviso::gate_daemon
