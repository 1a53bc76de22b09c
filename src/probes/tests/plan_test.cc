// SPDX-License-Identifier: Apache-2.0
#include "probes/plan.h"

#include <gtest/gtest.h>

namespace proviso::probes {
namespace {

const std::string kHead = "version = 1\norder = \"" + std::string(64, 'a') + "\"\n";
const std::string kTarget = "[[target]]\nname = \"a\"\nrole = \"cut\"\nurl = \"http://h/x\"\n";

std::string problem(const std::string& text) {
  const auto plan = parse_plan("plan.toml", text);
  return plan ? "" : plan.error().message;
}

TEST(ProbePlan, IsReadFromToml) {
  const auto plan = parse_plan("plan.toml", kHead + R"(
requests_per_second = 5
timeout_ms = 700
ca_file = "ca.pem"
[[target]]
name = "storage is cut"
role = "cut"
url = "https://api.example/storage/x"
method = "PUT"
headers = { X-Subscription = "sub-a" }
statuses = [401, 403]
expect_headers = { X-Effect = "deny" }
keep = ["X-Order"]
[[target]]
name = "its neighbour"
role = "neighbour"
url = "http://127.0.0.1:8080/y"
)");
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->order.hex(), std::string(64, 'a'));
  EXPECT_EQ(plan->requests_per_second, 5U);
  EXPECT_EQ(plan->timeout, std::chrono::milliseconds{700});
  EXPECT_EQ(plan->ca_file, "ca.pem");
  ASSERT_EQ(plan->targets.size(), 2U);
  const Target& cut = plan->targets[0];
  EXPECT_EQ(cut.role, Role::cut);
  EXPECT_EQ(cut.method, http::Method::put);
  EXPECT_EQ(cut.parsed_url.host, "api.example");
  EXPECT_EQ(cut.headers, (http::Headers{{"X-Subscription", "sub-a"}}));
  EXPECT_EQ(cut.expected_headers, (http::Headers{{"X-Effect", "deny"}}));
  EXPECT_EQ(cut.keep, std::vector<std::string>{"X-Order"});
  EXPECT_TRUE(cut.expects(401) && cut.expects(403) && !cut.expects(200) && !cut.expects(404));
  EXPECT_EQ(cut.expected_in_words(), "401 or 403");
  const Target& neighbour = plan->targets[1];
  EXPECT_TRUE(neighbour.expects(200) && neighbour.expects(204) && !neighbour.expects(302) &&
              !neighbour.expects(403));
}

TEST(ProbePlan, AndFromJson) {
  const auto plan = parse_plan("plan.json", R"({"version":1,"order":")" + std::string(64, 'b') +
                                                R"(","target":[{"name":"n","role":"notice",)" +
                                                R"("url":"http://h/n"}]})");
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->targets.front().role, Role::notice);
  EXPECT_EQ(plan->requests_per_second, 1U);
  EXPECT_EQ(plan->timeout, std::chrono::milliseconds{5'000});
  // Only a 403 says that it is refused, unless the plan says otherwise.
  Target cut;
  EXPECT_TRUE(cut.expects(403));
  EXPECT_FALSE(cut.expects(500) || cut.expects(401) || cut.expects(404));
}

TEST(ProbePlan, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(problem(kHead + kTarget), "");
  for (const auto& [text, what] : std::initializer_list<std::pair<std::string, std::string>>{
           {"version = 1\norder = \n", "plan.toml:2:"},
           {kHead + "a = 1.5\n" + kTarget, "plan.toml:3:5: neither a text"},
           {kTarget, "plan.toml: version: "},
           {"version = 2\norder = \"" + std::string(64, 'a') + "\"\n" + kTarget, "must be 1"},
           {"version = 1\norder = \"abc\"\n" + kTarget, "order: must be an order's digest"},
           {kHead + "target = []\n", "target: there must be 1 to 50"},
           {kHead + "others = 1\n" + kTarget, "others"},
           {kHead + "requests_per_second = 0\n" + kTarget, "requests_per_second: must be from 1"},
           {kHead + "requests_per_second = 21\n" + kTarget, "must be from 1 to 20"},
           {kHead + "timeout_ms = 60001\n" + kTarget, "timeout_ms: must be from 100 to 60000"},
           {kHead + kTarget + kTarget, "target[1].name: stands twice"},
           {kHead + kTarget + "others = 1\n", "target[0].others"},
           {kHead + kTarget + "method = \"get\"\n", "target[0].method: "},
           {kHead + kTarget + "statuses = []\n", "statuses: must be an array"},
           {kHead + kTarget + "statuses = [200]\n", "of a cut are from 300 to 499"},
           {kHead + kTarget + "statuses = [503]\n", "of a cut are from 300 to 499"},
           {kHead + kTarget + "statuses = [99]\n", "no status"},
           {kHead + kTarget + "headers = { Host = \"a\" }\n", "'Host' is no field"},
           {kHead + kTarget + "headers = { content-length = \"1\" }\n", "is no field"},
           {kHead + kTarget + "headers = { X = \"a\\nb\" }\n", "without control characters"},
           {kHead + kTarget + "headers = { X = 1 }\n", "is not a text"},
           {kHead + kTarget + "keep = [\"Set-Cookie\"]\n", "Set-Cookie may hold a secret"},
           {kHead + kTarget + "keep = [\"a b\"]\n", "no name of a field"},
           {kHead + "[[target]]\nname = \"a\"\nrole = \"cuts\"\nurl = \"http://h\"\n",
            "role: is not cut, neighbour, export or notice"},
           {kHead + "[[target]]\nname = \"\"\nrole = \"cut\"\nurl = \"http://h\"\n",
            "name: must have 1 to 100 bytes"},
           {kHead + "[[target]]\nname = \"a\"\nrole = \"cut\"\nurl = \"ftp://h\"\n",
            "target[0].url: not of the form"},
           {kHead + "[[target]]\nname = \"a\"\nrole = \"export\"\nurl = \"http://h\"\n"
                    "statuses = [403]\n",
            "of what is to be open are from 200 to 399"}}) {
    EXPECT_NE(problem(text).find(what), std::string::npos) << text << problem(text);
  }
}

// A report must fit a signed note, whatever is answered.
TEST(ProbePlan, OfWhichAReportCouldBeTooLongIsRefused) {
  std::string text = kHead;
  for (int i = 0; i < 50; ++i) {
    text += "[[target]]\nname = \"" + std::to_string(i) + "\"\nrole = \"cut\"\nurl = \"http://h/" +
            std::string(1'500, 'x') + "\"\n";
  }
  EXPECT_NE(problem(text).find("make two plans of it"), std::string::npos) << problem(text);
}

}  // namespace
}  // namespace proviso::probes
