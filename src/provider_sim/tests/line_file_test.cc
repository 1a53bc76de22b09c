// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/line_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <unistd.h>
#include <zstd.h>

namespace proviso::provider_sim {
namespace {

class LineFileTest : public testing::Test {
 protected:
  LineFileTest() {
    std::string name = testing::TempDir() + "/line_file_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~LineFileTest() override { std::filesystem::remove_all(folder_); }

  std::string bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string write(const std::string& name, const std::string& line, int times) {
    std::string path = folder_ + "/" + name;
    auto file = LineFile::create(path);
    EXPECT_TRUE(file) << file.error().message;
    for (int i = 0; file && i < times; ++i) EXPECT_TRUE(file->write(line));
    EXPECT_TRUE(file && file->close());
    return path;
  }

  std::string folder_;
};

TEST_F(LineFileTest, PlainReplacesWhatWasThere) {
  write("log.jsonl", "{\"old\":1}\n", 1000);
  EXPECT_EQ(bytes(write("log.jsonl", "{}\n", 2)), "{}\n{}\n");
}

TEST_F(LineFileTest, ZstandardByName) {
  const std::string line(1000, 'x');
  const std::string packed = bytes(write("log.jsonl.zst", line, 5000));
  ASSERT_LT(packed.size(), 100'000U);
  std::string out(5'000'001, '\0');
  const std::size_t size = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
  ASSERT_EQ(ZSTD_isError(size), 0U);
  EXPECT_EQ(out.substr(0, size), std::string(5'000'000, 'x'));
}

TEST_F(LineFileTest, EmptyZstandardIsAWholeFrame) {
  const std::string packed = bytes(write("log.zst", "", 0));
  char out = 0;
  EXPECT_EQ(ZSTD_decompress(&out, 1, packed.data(), packed.size()), 0U);
}

TEST_F(LineFileTest, SaysWhatCannotBeWritten) {
  const auto file = LineFile::create(folder_ + "/no/such/folder");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Errc::unavailable);
}

TEST_F(LineFileTest, AFullDiskIsAnError) {
  auto file = LineFile::create("/dev/full");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write("line\n"));
  const auto closed = file->close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, Errc::exhausted);
}

}  // namespace
}  // namespace proviso::provider_sim
