// SPDX-License-Identifier: Apache-2.0
// Real public logs; they lie beside the checkout, not in it.
#include <filesystem>

#include "intake/tests/helpers.h"

namespace proviso::intake {
namespace {

using namespace testing;

const std::string kData = PROVISO_SOURCE_DIR "/../shared/data/usage/";

struct Expected {
  std::string file;
  std::string format;
  std::size_t events;
  std::size_t negative = 0;  ///< corrections of earlier charges: refused, and truly so
};

TEST(RealData, IsTakenWhole) {
  const Expected all[] = {
      {"aws_cloudtrail_invictus/cloudtrail.ndjson", "aws-cloudtrail", 2900, 0},
      {"aws_cloudtrail_stratus/cloudtrail.ndjson", "aws-cloudtrail", 310, 0},
      {"azure_llm_2023/AzureLLMInferenceTrace_code.csv", "azure-llm-trace", 8819, 0},
      {"azure_llm_2023/AzureLLMInferenceTrace_conv.csv", "azure-llm-trace", 19366, 0},
      {"focus_sample/focus_sample.csv", "focus-csv", 988, 12},
  };
  for (const Expected& each : all) {
    if (!std::filesystem::exists(kData + each.file)) {
      GTEST_SKIP() << "SKIPPED: ../shared/data is not here (" << each.file << ")";
    }
    DecodeOptions options = options_with();
    options.subscription = "trace";
    const Output out = drain(UsageReader::open(kData + each.file, shipped_policies(), options));
    std::map<std::string, int> reasons;
    for (const Reject& reject : out.rejects) ++reasons[reject.reason];
    std::printf("%s: %zu events, %zu rejects\n", each.file.c_str(), out.events.size(),
                out.rejects.size());
    for (const auto& [reason, times] : reasons) std::printf("  %d x %s\n", times, reason.c_str());
    EXPECT_EQ(out.error, "");
    EXPECT_EQ(out.format, each.format);
    EXPECT_EQ(out.events.size(), each.events);
    EXPECT_EQ(out.rejects.size(), each.negative);
    EXPECT_EQ(reasons.size(), each.negative > 0 ? 1U : 0U);
    EXPECT_EQ(reasons.count("ConsumedQuantity: is negative"), reasons.size());
  }
}

}  // namespace
}  // namespace proviso::intake
