// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/ext_authz_request.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "gate_daemon/testing/check_request.h"

namespace proviso::gate_daemon {
namespace {

using testing::CheckRequest;
using testing::struct_of_struct;
using testing::struct_of_text;
using From = ExtAuthzMapping::Subscription;

// "subscription service operation region resource", "-" for what is empty.
std::string read(std::string_view message, const ExtAuthzMapping& mapping = {}) {
  gates::Request r;
  if (!read_check_request(message, mapping, r)) return "malformed";
  std::string out;
  for (const std::string_view part :
       {r.subscription, r.service, r.operation, r.region, r.resource}) {
    out += (out.empty() ? "" : " ") + (part.empty() ? "-" : std::string(part));
  }
  return out;
}
std::string read(const CheckRequest& request, const ExtAuthzMapping& mapping = {}) {
  return read(std::string_view(request.bytes()), mapping);
}

CheckRequest usual() {
  return {.headers = {{":method", "GET"},
                      {"x-proviso-subscription", "sub-1"},
                      {"x-request-id", "a5c27d27"}},
          .extensions = {{"proviso.service", "object-storage"},
                         {"proviso.operation", "GetObject"},
                         {"proviso.region", "eu-west"}}};
}

TEST(ExtAuthzRequest, TakesTheRouteAndTheHeader) {
  EXPECT_EQ(read(usual()), "sub-1 object-storage GetObject eu-west -");
}

TEST(ExtAuthzRequest, IsEmptyWhereNothingIsTold) {
  EXPECT_EQ(read(""), "- - - - -");
  EXPECT_EQ(read(CheckRequest{}), "- - GET - -") << "the method is the operation";
}

TEST(ExtAuthzRequest, ReadsWhatAnotherProgramWrote) {
  // By protoc, from tests/gate_ext_authz/recorded/*.txt.
  const std::string folder = std::string(PROVISO_SOURCE_DIR) + "/tests/gate_ext_authz/recorded/";
  const auto recorded = [&](const char* name) {
    std::ifstream file(folder + name, std::ios::binary);
    EXPECT_TRUE(file) << name;
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  EXPECT_EQ(read(recorded("header.bin")), "sub-1 object-storage PutObject eu-west -");
  EXPECT_EQ(read(recorded("raw_headers.bin")), "sub-1 object-storage GET - -");
  ExtAuthzMapping mapping{.subscription_from = From::metadata,
                          .subscription_metadata = {"envoy.filters.http.jwt_authn", "claims",
                                                    "tenant", "subscription"}};
  EXPECT_EQ(read(recorded("claims.bin"), mapping), "sub-1 speech Recognize - -");
  mapping.subscription_from = From::principal;
  mapping.subscription_prefix = "spiffe://provider.example/subscription/";
  EXPECT_EQ(read(recorded("claims.bin"), mapping), "sub-2 speech Recognize - -");
}

TEST(ExtAuthzRequest, TakesWhatTheMappingSaysWhereTheRouteSaysNothing) {
  CheckRequest request = usual();
  request.extensions.clear();
  ExtAuthzMapping mapping{.service = "speech", .region = "eu-north"};
  EXPECT_EQ(read(request, mapping), "sub-1 speech GET eu-north -");
  EXPECT_EQ(read(usual(), mapping), "sub-1 object-storage GetObject eu-west -");
  mapping.operation_from = ExtAuthzMapping::Operation::grpc_path;
  request.path = "/speech.v1.Speech/Recognize";
  EXPECT_EQ(read(request, mapping), "sub-1 speech speech.v1.Speech/Recognize eu-north -");
  request.path = "/speech.v1.Speech/Recognize?x";
  EXPECT_EQ(read(request, mapping), "sub-1 speech speech.v1.Speech/Recognize eu-north -");
  mapping.operation_header = "x-operation";
  request.headers.emplace_back("x-operation", "Recognize");
  EXPECT_EQ(read(request, mapping), "sub-1 speech Recognize eu-north -");
}

TEST(ExtAuthzRequest, NeverTakesThePathOfARequestI1) {
  CheckRequest request = usual();
  request.extensions.clear();
  request.path = "/photos/holiday.jpg";
  EXPECT_EQ(read(request).find("holiday"), std::string::npos);
}

TEST(ExtAuthzRequest, TakesTheResourceFromAHeaderIfToldSo) {
  CheckRequest request = usual();
  request.headers.emplace_back("x-resource", "ab12");
  EXPECT_EQ(read(request), "sub-1 object-storage GetObject eu-west -");
  EXPECT_EQ(read(request, {.resource_header = "x-resource"}),
            "sub-1 object-storage GetObject eu-west ab12");
}

TEST(ExtAuthzRequest, TakesHeadersThatEnvoySendsRaw) {
  CheckRequest request = usual();
  request.raw_headers = std::move(request.headers);
  request.headers.clear();
  EXPECT_EQ(read(request), "sub-1 object-storage GetObject eu-west -");
}

TEST(ExtAuthzRequest, TakesThePrincipalOnlyWhereToldSo) {
  CheckRequest request = usual();
  request.principal = "spiffe://example/sub-9";
  EXPECT_EQ(read(request), "sub-1 object-storage GetObject eu-west -");
  ExtAuthzMapping mapping{.subscription_from = From::principal};
  EXPECT_EQ(read(request, mapping), "spiffe://example/sub-9 object-storage GetObject eu-west -");
  mapping.subscription_prefix = "spiffe://example/";
  EXPECT_EQ(read(request, mapping), "sub-9 object-storage GetObject eu-west -");
  mapping.subscription_prefix = "spiffe://elsewhere/";
  EXPECT_EQ(read(request, mapping), "- object-storage GetObject eu-west -");
}

TEST(ExtAuthzRequest, WalksDownTheMetadataAsFarAsToldAndNoFurther) {
  CheckRequest request = usual();
  request.metadata = {{"other", struct_of_text("sub", "wrong")},
                      {"jwt", struct_of_struct("claims", struct_of_text("sub", "sub-7"))}};
  const auto with = [](std::vector<std::string> path) {
    return ExtAuthzMapping{.subscription_from = From::metadata,
                           .subscription_metadata = std::move(path)};
  };
  EXPECT_EQ(read(request, with({"jwt", "claims", "sub"})),
            "sub-7 object-storage GetObject eu-west -");
  for (const auto& path : std::vector<std::vector<std::string>>{{},
                                                                {"jwt"},
                                                                {"jwt", "claims"},
                                                                {"jwt", "sub"},
                                                                {"jwt", "claims", "sub", "sub"},
                                                                {"nothing", "claims", "sub"}}) {
    EXPECT_EQ(read(request, with(path)), "- object-storage GetObject eu-west -") << path.size();
  }
}

TEST(ExtAuthzRequest, TakesTheLastOfWhatComesTwice) {
  CheckRequest second = usual();
  second.headers = {{"x-proviso-subscription", "sub-2"}};
  second.extensions = {{"proviso.operation", "PutObject"}};
  EXPECT_EQ(read(std::string_view(usual().bytes() + second.bytes())),
            "sub-2 object-storage PutObject eu-west -")
      << "messages are merged";
}

TEST(ExtAuthzRequest, LooksNotIntoWhatItDoesNotNeed) {
  std::string deep = "x";  // a message in field 12 (tls_session), nested a thousand times
  for (int i = 0; i < 1000; ++i) {
    std::string outer;
    std::size_t size = deep.size();
    outer.push_back('\x62');
    for (; size >= 0x80; size >>= 7) outer.push_back(static_cast<char>((size & 0x7F) | 0x80));
    outer.push_back(static_cast<char>(size));
    deep = outer + deep;
  }
  EXPECT_EQ(read(std::string_view(deep + usual().bytes())),
            "sub-1 object-storage GetObject eu-west -");
}

TEST(ExtAuthzRequest, RefusesMoreFieldsThanItsLimit) {
  CheckRequest request = usual();
  for (int i = 0; i < 6'000; ++i) request.headers.emplace_back("a", "");
  EXPECT_NE(read(request), "malformed");
  for (int i = 0; i < 2'000; ++i) request.headers.emplace_back("a", "");
  EXPECT_EQ(read(request), "malformed");
}

TEST(ExtAuthzRequest, NeverReadsBeyondWhatIsCutOffOrChanged) {
  CheckRequest request = usual();
  request.metadata = {{"jwt", struct_of_struct("claims", struct_of_text("sub", "sub-7"))}};
  request.raw_headers = {{"a", "b"}};
  const ExtAuthzMapping mapping{.subscription_from = From::metadata,
                                .subscription_metadata = {"jwt", "claims", "sub"}};
  const std::string bytes = request.bytes();
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_EQ(read(std::string_view(bytes).substr(0, size), mapping), "malformed") << size;
  }
  std::size_t malformed = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x07);
    if (read(std::string_view(changed), mapping) == "malformed") ++malformed;
  }
  EXPECT_GT(malformed, 0U);
}

}  // namespace
}  // namespace proviso::gate_daemon
