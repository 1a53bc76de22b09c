// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/protobuf.h"

#include <string>

#include <gtest/gtest.h>

namespace proviso::gate_daemon {
namespace {

using namespace std::string_literals;

// The fields as text, and "!" where something is wrong.
std::string fields(std::string_view bytes, std::size_t budget_fields = kProtobufFieldsMax) {
  ProtobufReader::Budget budget{budget_fields};
  ProtobufReader reader(bytes, budget);
  std::string out;
  while (reader.next()) {
    out += std::to_string(reader.field());
    ProtobufReader copy = reader;
    const std::string_view piece = copy.bytes();
    if (copy.good()) out += "=" + std::string(piece);
    copy = reader;
    const std::uint64_t value = copy.varint();
    if (copy.good()) out += ":" + std::to_string(value);
    copy = reader;
    const std::string_view fixed = copy.fixed();
    if (copy.good()) out += "#" + std::string(fixed);
    out += " ";
  }
  return out + (reader.good() ? "" : "!");
}

TEST(ProtobufReader, ReadsEveryWireTypeAndSkipsWhatIsNotAskedFor) {
  EXPECT_EQ(fields(""), "");
  EXPECT_EQ(fields("\x08\x96\x01"), "1:150 ");
  EXPECT_EQ(fields("\x12\x07testing"), "2=testing ");
  EXPECT_EQ(fields("\x12\x00"s), "2= ");
  EXPECT_EQ(fields("\x1d"
                   "abcd"
                   "\x08\x01"),
            "3#abcd 1:1 ");
  EXPECT_EQ(fields("\x21"
                   "abcdefgh"),
            "4#abcdefgh ");
}

TEST(ProtobufReader, RefusesAWrongWireType) {
  ProtobufReader::Budget budget;
  ProtobufReader number("\x08\x01\x08\x02", budget);
  ASSERT_TRUE(number.next());
  EXPECT_EQ(number.bytes(), "");
  EXPECT_FALSE(number.good());
  EXPECT_FALSE(number.next());
  for (const std::string& bytes : {"\x0a\x01x"s,
                                   "\x0d"
                                   "abcd"s,
                                   "\x09"
                                   "abcdefgh"s}) {
    ProtobufReader text(bytes, budget);
    ASSERT_TRUE(text.next());
    EXPECT_EQ(text.varint(), 0U);
    EXPECT_FALSE(text.good());
  }
  ProtobufReader fixed(
      "\x0d"
      "abcd",
      budget);
  ASSERT_TRUE(fixed.next());
  EXPECT_EQ(fixed.bytes(), "");
  EXPECT_FALSE(fixed.good());
}

TEST(ProtobufReader, RefusesWhatIsCutOffEverywhere) {
  const std::string whole =
      "\x08\x96\x01\x12\x07testing\x1d"
      "abcd\x21"
      "abcdefgh";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::string got = fields(whole.substr(0, size));
    const bool at_an_end = size == 3 || size == 12 || size == 17;
    EXPECT_EQ(got.ends_with('!'), !at_an_end) << size << ": " << got;
  }
}

TEST(ProtobufReader, RefusesNumbersThatAreNone) {
  EXPECT_EQ(fields("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "1:18446744073709551615 ");
  EXPECT_EQ(fields("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "!") << "more than 64 bits";
  EXPECT_EQ(fields("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"s), "!") << "eleven bytes";
  EXPECT_EQ(fields("\x00\x01"s), "!") << "field 0";
  EXPECT_EQ(fields("\xf8\xff\xff\xff\x0f\x01"), "536870911:1 ");
  EXPECT_EQ(fields("\x80\x80\x80\x80\x10\x01"), "!") << "field 2^29";
  EXPECT_EQ(fields("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"), "!") << "a length of 2^64-1";
}

TEST(ProtobufReader, RefusesGroupsAndUnknownWireTypes) {
  for (const char* bytes : {"\x0b\x08\x01\x0c", "\x0c", "\x0e", "\x0f"}) {
    EXPECT_EQ(fields(bytes), "!") << static_cast<int>(bytes[0]);
  }
}

TEST(ProtobufReader, ReadsNoMoreFieldsThanItsBudget) {
  EXPECT_EQ(fields("\x08\x01\x08\x02", 2), "1:1 1:2 ");
  EXPECT_EQ(fields("\x08\x01\x08\x02\x08\x03", 2), "1:1 1:2 !");
  ProtobufReader::Budget budget{3};
  const std::string bytes = "\x0a\x04\x08\x01\x08\x02\x08\x03";
  ProtobufReader outer(bytes, budget);
  ASSERT_TRUE(outer.next());
  ProtobufReader inner = outer.message();
  EXPECT_TRUE(inner.next());
  EXPECT_TRUE(inner.next());
  EXPECT_FALSE(outer.next()) << "what is inside counts too";
  EXPECT_FALSE(outer.good());
}

TEST(ProtobufWriter, WritesWhatTheReaderReads) {
  std::string out;
  ProtobufWriter writer(out);
  writer.varint(1, 0);
  EXPECT_EQ(out, "\x08\x00"s) << "also the default value";
  writer.varint(16, 300);
  writer.bytes(2, "text");
  EXPECT_EQ(out, "\x08\x00\x80\x01\xac\x02\x12\x04text"s);
  EXPECT_EQ(fields(out), "1:0 16:300 2=text ");
  out.clear();
  writer.number(2, 5);
  EXPECT_EQ(out, "\x11\x00\x00\x00\x00\x00\x00\x14\x40"s);
}

TEST(ProtobufWriter, PutsTheLengthBeforeAMessageOfAnySize) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 128U, 16'380U, 16'384U, 70'000U}) {
    std::string out;
    ProtobufWriter writer(out);
    const std::size_t outer = writer.begin(1);
    const std::size_t inner = writer.begin(2);
    const std::string text(size, 'x');
    writer.bytes(3, text);
    writer.end(inner);
    writer.varint(4, 7);
    writer.end(outer);
    ProtobufReader::Budget budget;
    ProtobufReader reader(out, budget);
    ASSERT_TRUE(reader.next());
    ProtobufReader first = reader.message();
    ASSERT_TRUE(first.next());
    ProtobufReader second = first.message();
    ASSERT_TRUE(second.next());
    EXPECT_EQ(second.bytes(), text);
    EXPECT_FALSE(second.next());
    ASSERT_TRUE(first.next());
    EXPECT_EQ(first.varint(), 7U);
    EXPECT_FALSE(first.next());
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.good() && first.good() && second.good());
  }
}

}  // namespace
}  // namespace proviso::gate_daemon
