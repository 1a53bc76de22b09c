// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "http/representation.h"
#include "http/target.h"

namespace proviso::http {
namespace {

std::string path_of(std::string_view target) {
  const auto parsed = parse_target(target);
  return parsed ? parsed->path : "refused";
}

TEST(Target, IsDecodedOnceAndHasOneSpelling) {
  EXPECT_EQ(path_of("/"), "/");
  EXPECT_EQ(path_of("/a/b"), "/a/b");
  EXPECT_EQ(path_of("/a%20b/%C3%A9"), "/a b/\xC3\xA9");
  EXPECT_EQ(path_of("/%2541"), "/%41");
  EXPECT_EQ(path_of("/a/"), "/a/");
  EXPECT_EQ(path_of("/a?b=/../c"), "/a");
  EXPECT_EQ(parse_target("/a?b=1?2")->query, "b=1?2");
}

TEST(Target, RefusesEveryWayOutOfItsFolder) {
  for (const char* target :
       {"",        "a",      "*",      "http://h/a", "//",      "//a",       "/a//b",
        "/..",     "/../a",  "/a/..",  "/a/../b",    "/./a",    "/%2e%2e/a", "/%2E%2E",
        "/.%2e/a", "/a%2fb", "/a%5cb", "/a\\b",      "/a%00",   "/a%0d%0ab", "/a%7f",
        "/%",      "/%4",    "/%zz",   "/%ff",       "/%c0%ae", "/a#b",      "/a\x01"}) {
    EXPECT_EQ(path_of(target), "refused") << target;
  }
  EXPECT_EQ(path_of("/" + std::string(kTargetBytesMax, 'a')), "refused");
}

TEST(BearerToken, IsTheOneWordBehindItsScheme) {
  EXPECT_EQ(bearer_token("Bearer abc"), "abc");
  EXPECT_EQ(bearer_token("bearer   abc "), "abc");
  for (const char* text : {"", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearerabc"}) {
    EXPECT_EQ(bearer_token(text), "") << text;
  }
  EXPECT_EQ(bearer_token("Bearer " + std::string(201, 'a')), "");
}

TEST(AcceptEncoding, ChoosesWhatTheClientTakes) {
  EXPECT_EQ(choose_encoding(""), Encoding::identity);
  EXPECT_EQ(choose_encoding("gzip, deflate, br"), Encoding::gzip);
  EXPECT_EQ(choose_encoding("gzip, deflate, br, zstd"), Encoding::zstd);
  EXPECT_EQ(choose_encoding("GZIP;q=1.0, zstd;q=0.5"), Encoding::gzip);
  EXPECT_EQ(choose_encoding("zstd;q=0.5,gzip;q=0.5"), Encoding::zstd);
  EXPECT_EQ(choose_encoding("gzip;q=0"), Encoding::identity);
  EXPECT_EQ(choose_encoding("*"), Encoding::zstd);
  EXPECT_EQ(choose_encoding("*;q=0.1, zstd;q=0"), Encoding::gzip);
  EXPECT_EQ(choose_encoding("gzip;q=0.001"), Encoding::gzip);
  for (const char* weight : {"x", "2", "0.", ".5", "-1", "0.-1", "0.5x", "0.00001", ""}) {
    EXPECT_EQ(choose_encoding(std::string("gzip;q=") + weight), Encoding::identity) << weight;
  }
}

TEST(IfNoneMatch, ComparesWeakly) {
  EXPECT_TRUE(none_match_has("\"a\"", "\"a\""));
  EXPECT_TRUE(none_match_has("\"b\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(none_match_has(" * ", "\"a\""));
  EXPECT_FALSE(none_match_has("", "\"a\""));
  EXPECT_FALSE(none_match_has("a, \"ab\", W/", "\"a\""));
}

std::string header_of(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

std::string gunzip(const std::string& bytes, std::size_t size) {
  z_stream stream{};
  if (inflateInit2(&stream, 31) != Z_OK) return "";
  std::string out(size, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return code == Z_STREAM_END ? out : "";
}

TEST(Represent, CompressesWhereItPaysAndTellsCaches) {
  Response answer = Response::text(200, std::string(10'000, 'x'));
  answer.compressible = true;
  answer.caching = Caching::for_ever;
  Request request;
  const Response plain = represent(request, answer);
  EXPECT_EQ(plain.body, answer.body);
  EXPECT_EQ(header_of(plain, "Content-Encoding"), "");
  EXPECT_EQ(header_of(plain, "Vary"), "Accept-Encoding");
  EXPECT_EQ(header_of(plain, "Cache-Control"), "public, max-age=31536000, immutable");

  request.headers = {{"accept-encoding", "gzip"}};
  const Response zipped = represent(request, answer);
  EXPECT_EQ(header_of(zipped, "Content-Encoding"), "gzip");
  EXPECT_EQ(gunzip(zipped.body, answer.body.size()), answer.body);
  EXPECT_NE(header_of(zipped, "ETag"), header_of(plain, "ETag"));

  request.headers = {{"accept-encoding", "zstd"}};
  const Response packed = represent(request, answer);
  std::string unpacked(answer.body.size(), '\0');
  EXPECT_EQ(
      ZSTD_decompress(unpacked.data(), unpacked.size(), packed.body.data(), packed.body.size()),
      answer.body.size());
  EXPECT_EQ(unpacked, answer.body);
}

TEST(Represent, AnswersWhatTheClientHasWith304) {
  Response answer = Response::text(200, "abc");
  answer.caching = Caching::for_seconds;
  Request request;
  const std::string etag = header_of(represent(request, answer), "ETag");
  ASSERT_EQ(etag.size(), 34U);
  request.headers = {{"if-none-match", etag}};
  const Response same = represent(request, answer);
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(header_of(same, "ETag"), etag);
  answer.body = "abd";
  EXPECT_EQ(represent(request, answer).status, 200);
  // What may not be kept has no tag, and errors are told each time.
  answer.caching = Caching::never;
  EXPECT_EQ(header_of(represent(request, answer), "ETag"), "");
  EXPECT_EQ(header_of(represent(request, answer), "Cache-Control"), "no-store");
}

TEST(Problem, IsAnRfc9457Document) {
  const Response response = problem(429, "too many");
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body,
            "{\"detail\":\"too many\",\"status\":429,\"title\":\"Too Many Requests\","
            "\"type\":\"about:blank\"}\n");
}

}  // namespace
}  // namespace proviso::http
