// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/grpc.h"

#include <gtest/gtest.h>

namespace proviso::gate_daemon {
namespace {

using namespace std::string_literals;

GrpcCode unframed(std::string_view body) {
  std::string_view message;
  return unframe(body, message).code;
}

TEST(Grpc, UnframesTheOneMessage) {
  std::string_view message;
  EXPECT_EQ(unframe("\0\0\0\0\x03"
                    "abc"s,
                    message)
                .code,
            GrpcCode::ok);
  EXPECT_EQ(unframe("\0\0\0\0\0"s, message).code, GrpcCode::ok);
  EXPECT_EQ(message, "");
  const std::string large = "\0\0\x01\x02\x03"s + std::string(0x010203, 'x');
  EXPECT_EQ(unframe(large, message).code, GrpcCode::ok);
  EXPECT_EQ(message.size(), 0x010203U);
}

TEST(Grpc, RefusesWhatIsNotOneMessage) {
  EXPECT_EQ(unframed(""), GrpcCode::internal);
  EXPECT_EQ(unframed("\0\0\0\0"s), GrpcCode::internal) << "cut off in the prefix";
  EXPECT_EQ(unframed("\0\0\0\0\x03"
                     "ab"s),
            GrpcCode::internal)
      << "cut off in the message";
  EXPECT_EQ(unframed("\0\0\0\0\x01"
                     "ab"s),
            GrpcCode::internal)
      << "something behind it";
  EXPECT_EQ(unframed("\0\xff\xff\xff\xff"
                     "ab"s),
            GrpcCode::internal);
  EXPECT_EQ(unframed("\x01\0\0\0\x01"
                     "a"s),
            GrpcCode::unimplemented)
      << "compressed";
  EXPECT_EQ(unframed("\x02\0\0\0\x01"
                     "a"s),
            GrpcCode::internal);
}

TEST(Grpc, FramesAMessage) {
  std::string out = "before";
  const std::size_t begun = begin_frame(out);
  out += std::string(0x1234, 'x');
  end_frame(out, begun);
  EXPECT_EQ(out.substr(0, 12), "before\0\0\0\x12\x34x"s);
}

TEST(Grpc, AnswersHealthChecks) {
  const auto check = [](std::string_view message, Serving serving, std::string& answer) {
    answer.clear();
    return answer_health_check(message, "a.Service", serving, answer).code;
  };
  std::string answer;
  EXPECT_EQ(check("", Serving::yes, answer), GrpcCode::ok);
  EXPECT_EQ(answer, "\x08\x01") << "SERVING";
  EXPECT_EQ(check("\x0a\x09"
                  "a.Service",
                  Serving::yes, answer),
            GrpcCode::ok);
  EXPECT_EQ(answer, "\x08\x01");
  EXPECT_EQ(check("", Serving::no, answer), GrpcCode::ok);
  EXPECT_EQ(answer, "\x08\x02") << "NOT_SERVING";
  EXPECT_EQ(check("\x0a\x05other", Serving::yes, answer), GrpcCode::not_found);
  EXPECT_EQ(check("\x0a\x05oth", Serving::yes, answer), GrpcCode::invalid_argument);
  EXPECT_EQ(check("\x08\x05", Serving::yes, answer), GrpcCode::invalid_argument);
}

}  // namespace
}  // namespace proviso::gate_daemon
