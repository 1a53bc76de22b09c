// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/json_flag.h"
#include "base/json_place.h"
#include "base/key_pem.h"
#include "base/random.h"
#include "base/signing.h"
#include "base/testing/faulty_file_system.h"
#include "base/time.h"
#include "base/uuid.h"

namespace proviso {
namespace {

std::string canonical(std::string_view text) {
  const auto json = parse_json(text);
  return json ? canonical_json(*json) : "refused";
}

TEST(Json, CanonicalStrings) {
  // The string of RFC 8785 section 3.2.2.
  EXPECT_EQ(canonical(R"({"s":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"})"),
            "{\"s\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  EXPECT_EQ(canonical(R"({"b":[null,true,false,-7],"a":{}})"),
            R"({"a":{},"b":[null,true,false,-7]})");
}

TEST(Json, NamesSortByUtf16) {
  // RFC 8785 section 3.2.3: an emoji (surrogates from U+D83D) comes before U+FB33.
  EXPECT_EQ(
      canonical("{\"\xEF\xAC\xB3\":1,\"\xF0\x9F\x98\x80\":2,\"\xC3\xB6\":3,\"\\r\":4,\"1\":5}"),
      "{\"\\r\":4,\"1\":5,\"\xC3\xB6\":3,\"\xF0\x9F\x98\x80\":2,\"\xEF\xAC\xB3\":1}");
}

TEST(Json, Refusals) {
  for (const char* bad :
       {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "1.5", "1e3", "01", "9007199254740992", "\"\\ud800\"",
        "\"\x80\"", "\"\x01\"", "nul", "1 2", "{\"a\" 1}"}) {
    EXPECT_EQ(canonical(bad), "refused") << bad;
  }
  EXPECT_EQ(canonical("9007199254740991"), "9007199254740991");
}

TEST(Json, Limits) {
  const JsonLimits limits{.bytes_max = 100, .depth_max = 3};
  EXPECT_TRUE(parse_json("[[[1]]]", limits).has_value());
  EXPECT_FALSE(parse_json("[[[[1]]]]", limits).has_value());
  EXPECT_FALSE(parse_json(std::string(101, ' ') + "1", limits).has_value());
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')).has_value());
}

TEST(Json, ReaderRefusesWhatNobodyAskedFor) {
  const Json json = parse_json(R"({"name":"x","other":1})").value();
  JsonReader reader(json);
  EXPECT_EQ(reader.string("name"), "x");
  EXPECT_FALSE(reader.finish().has_value());
}

TEST(Json, AFlagIsTrueOrNotThere) {
  const auto read = [](std::string_view text) -> Result<bool> {
    const Json json = parse_json(text).value();
    JsonReader reader(json);
    const bool flag = read_flag(reader, "flag");
    TRY_VOID(reader.finish());
    return flag;
  };
  EXPECT_EQ(read("{}").value(), false);
  EXPECT_EQ(read(R"({"flag":true})").value(), true);
  EXPECT_FALSE(read(R"({"flag":false})"));
  EXPECT_FALSE(read(R"({"flag":1})"));
}

TEST(JsonPlace, NamesTheInnermostValueThatExists) {
  constexpr std::string_view text =
      "{\"version\":1,\n"
      " \"services\": [ {\"service\":\"a\"},\n"
      "   {\"service\":\"]},\\\"\", \"operations\":{\"x.y\":1,\"x\":{\"y\":2}, \"\\u0061\":3}}]}";
  for (const auto& [path, place] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"", "1:1"},
           {"version: must be 1", "1:12"},
           {"versions", "1:1"},
           {"services", "2:14"},
           {"services[0].service", "2:27"},
           {"services[1].service: stands twice", "3:15"},
           {"services[1].operations.x.y: not an action class", "3:44"},
           {"services[1].operations.a", "3:68"},
           {"services[1].missing", "3:4"},
           {"services[2].service", "2:14"},
           {"services[x]", "2:14"},
           {"services[", "2:14"}}) {
    EXPECT_EQ(json_place(text, path), place) << path;
  }
  EXPECT_EQ(json_place("{", "a"), "1:1");
  EXPECT_EQ(json_place(" 7", "a"), "1:2");
  EXPECT_EQ(json_place("{\"\":{\"\":1}}", ""), "1:1");
}

TEST(JsonPlace, GivesTheErrorsOfADocumentTheirPlace) {
  const auto message = [](std::string_view text, std::string what) {
    return fail_in_document("f", text, "root.", {Errc::invalid_input, std::move(what)})
        .error()
        .message;
  };
  EXPECT_EQ(message("{\"a\":\n[]}", "root.a: missing"), "f:2:1: root.a: missing");
  EXPECT_EQ(message("{", parse_json("{").error().message).substr(0, 6), "f:1:2:");
}

TEST(Time, Forms) {
  for (const char* same : {"2026-11-23T12:00:00Z", "2026-11-23T14:00:00+02:00",
                           "2026-11-23 12:00:00", "2026-11-23t12:00:00.000z"}) {
    const auto time = parse_time(same);
    ASSERT_TRUE(time.has_value()) << same;
    EXPECT_EQ(format_time(*time), "2026-11-23T12:00:00Z") << same;
  }
  EXPECT_EQ(format_time_exact(parse_time("2026-11-23T12:00:00.123456789Z").value()),
            "2026-11-23T12:00:00.123456789Z");
  for (const char* bad :
       {"", "2026-11-23", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-23T24:00:00Z",
        "2026-11-23T12:00:00Zx", "9999-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_time(bad).has_value()) << bad;
  }
}

TEST(Encoding, Base64IsStrict) {
  for (const char* text : {"", "f", "fo", "foo", "foob"}) {
    EXPECT_EQ(base64_decode(base64_encode(text)).value(), text);
  }
  for (const char* bad :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "====", "Zg= =", "Z-8="}) {
    EXPECT_FALSE(base64_decode(bad).has_value()) << bad;
  }
  EXPECT_FALSE(hex_decode("abc").has_value());
  EXPECT_EQ(hex_decode("00fF").value(), std::string("\0\xFF", 2));
  EXPECT_FALSE(is_utf8("\xC0\x80"));
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));
  EXPECT_TRUE(is_utf8("\xF4\x8F\xBF\xBF"));
}

TEST(Digest, Vectors) {
  EXPECT_EQ(sha256("abc").hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 4231, test case 2.
  EXPECT_EQ(KeyedHash("Jefe")("what do ya want for nothing?").hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_FALSE(Digest::from_hex(std::string(64, 'A')).has_value());
}

TEST(Signing, Rfc8032AndPem) {
  // RFC 8032 section 7.1, test 1.
  const auto seed =
      hex_decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").value();
  const auto key = SigningKey::from_seed(seed).value();
  EXPECT_EQ(hex_encode(key.public_key().view()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(hex_encode(key.sign("")).substr(0, 32), "e5564300c360ac729086e2cc806e828a");
  EXPECT_TRUE(verify_signature(key.public_key(), "m", key.sign("m")));
  EXPECT_FALSE(verify_signature(key.public_key(), "n", key.sign("m")));
  EXPECT_FALSE(verify_signature(key.public_key(), "m", key.sign("m") + "x"));

  const std::string pem = key.to_pem("correct horse").value();
  EXPECT_TRUE(pem_is_encrypted(pem));
  EXPECT_EQ(SigningKey::from_pem(pem, "correct horse").value().public_key(), key.public_key());
  EXPECT_EQ(SigningKey::from_pem(pem, "wrong").error().code, Errc::denied);
  const std::string open_pem = key.to_pem("").value();
  EXPECT_FALSE(pem_is_encrypted(open_pem));
  EXPECT_EQ(SigningKey::from_pem(open_pem, "").value().public_key(), key.public_key());
}

TEST(Signing, SmallOrderKeysAreRefused) {
  // The neutral element, the point of order 2, a point of order 8, and p + 1 (not canonical).
  for (const char* hex : {"0100000000000000000000000000000000000000000000000000000000000000",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    EXPECT_FALSE(PublicKey::from_bytes(hex_decode(hex).value()).has_value()) << hex;
  }
}

TEST(FileSystem, LockAndFiles) {
  const auto dir =
      std::filesystem::temp_directory_path() / ("proviso-base-" + std::to_string(::getpid()));
  FileSystem& fs = real_file_system();
  ASSERT_TRUE(fs.make_directories(dir / "a/b").has_value());
  {
    const auto lock = FileLock::acquire(dir / "lock");
    ASSERT_TRUE(lock.has_value());
    EXPECT_EQ(FileLock::acquire(dir / "lock").error().code, Errc::conflict);
  }
  EXPECT_TRUE(FileLock::acquire(dir / "lock").has_value());
  const std::string path = dir / "a/b/file";
  EXPECT_EQ(fs.read(path, 10).error().code, Errc::not_found);
  ASSERT_TRUE(fs.write_durable(path, "12345").has_value());
  EXPECT_EQ(fs.read(path, 5).value(), "12345");
  EXPECT_EQ(fs.read(path, 4).error().code, Errc::exhausted);
  ASSERT_TRUE(fs.write_atomic(path, "abc").has_value());
  ASSERT_TRUE(fs.sync_all(path).has_value());
  EXPECT_EQ(fs.list(dir / "a/b").value(), std::vector<std::string>{"file"});
  std::filesystem::remove_all(dir);
}

// Who can write beside a key must not get it, or have it written over something else.
TEST(FileSystem, WritesNothingIntoATemporaryFileThatLiesThere) {
  namespace files = std::filesystem;
  const std::string folder =
      files::temp_directory_path() / ("proviso-base-" + std::to_string(::getpid()));
  FileSystem& fs = real_file_system();
  ASSERT_TRUE(fs.make_directories(folder));
  const std::string path = folder + "/key";
  const auto writes = {&FileSystem::write_durable, &FileSystem::write_atomic};
  for (const auto write : writes) {
    ASSERT_TRUE(fs.write_durable(folder + "/other", "theirs"));
    files::create_symlink(folder + "/other", path + ".tmp");
    ASSERT_TRUE((fs.*write)(path, "a key"));
    EXPECT_EQ(fs.read(folder + "/other", 100).value(), "theirs");
    EXPECT_EQ(fs.read(path, 100).value(), "a key");

    ASSERT_TRUE(fs.write_durable(path + ".tmp", "left by a crash"));
    const auto was = files::file_size(path + ".tmp");
    files::create_hard_link(path + ".tmp", folder + "/held");
    ASSERT_TRUE((fs.*write)(path, "a key"));
    EXPECT_EQ(files::file_size(folder + "/held"), was) << "whoever holds it reads the key";
    files::remove(folder + "/held");
  }
  ASSERT_TRUE(fs.make_directories(path + ".tmp"));
  EXPECT_FALSE(fs.write_durable(path, "a key"));
  files::remove_all(folder);
}

TEST(FaultyFileSystem, ForgetsWhatWasNotSynced) {
  testing::FaultyFileSystem fs;
  auto file = fs.open_append("f").value();
  ASSERT_TRUE(file->append("kept").has_value());
  ASSERT_TRUE(file->sync().has_value());
  ASSERT_TRUE(file->append("lost").has_value());
  fs.fail_at(1, testing::Fault::not_done);
  EXPECT_FALSE(file->sync().has_value());
  EXPECT_TRUE(fs.failed());
  fs.crash(testing::Unsynced::dropped);
  EXPECT_EQ(fs.read("f", 100).value(), "kept");
}

TEST(Uuid, Version7SortsByTime) {
  SeededRandom random(1);
  const std::string early = uuid_v7(from_unix_seconds(1'000'000), random);
  const std::string late = uuid_v7(from_unix_seconds(1'000'001), random);
  EXPECT_EQ(early.size(), 36U);
  EXPECT_EQ(early[14], '7');
  EXPECT_LT(early, late);
}

}  // namespace
}  // namespace proviso
