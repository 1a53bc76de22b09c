// SPDX-License-Identifier: Apache-2.0
// Shows a log on the real disk to somebody else's verifier (tests/outside_verifier).
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "ledger/log.h"
#include "ledger/verify_log.h"

namespace proviso::ledger {
namespace {

bool outside_verifier_accepts(const std::string& dir, const std::string& vkey) {
  const std::string script = PROVISO_SOURCE_DIR "/tests/outside_verifier/verify.sh";
  return std::system((script + " " + dir + "/log " + vkey + " 2>/dev/null").c_str()) == 0;
}

bool has_go() {
  const bool found = std::system("command -v go >/dev/null") == 0 &&
                     std::filesystem::exists("/usr/share/gocode/src/golang.org/x/mod/sumdb");
  if (!found) std::cout << "SKIPPED: golang-go and golang-golang-x-mod-dev are not installed\n";
  return found;
}

std::string fresh_dir(const std::string& name) {
  const auto dir = std::filesystem::temp_directory_path() /
                   ("proviso-" + name + "-" + std::to_string(::getpid()));
  std::filesystem::remove_all(dir);
  return dir.string();
}

std::unique_ptr<Log> create(const std::string& dir) {
  auto key = SigningKey::from_seed(std::string(32, 'o')).value();
  return Log::create(real_file_system(), dir, NoteSigner{"log.example/outside", std::move(key)},
                     "log.example/outside")
      .value();
}

TEST(Outside, GoChecksumDatabaseAgrees) {
  const std::string dir = fresh_dir("outside");
  FileSystem& fs = real_file_system();
  auto log = create(dir);
  for (int batch = 0; batch < 3; ++batch) {
    std::vector<NewEntry> entries;
    for (int i = 0; i < 200; ++i) {
      const std::string id = std::to_string(batch) + "." + std::to_string(i);
      entries.push_back({id, std::string(static_cast<std::size_t>(i), 'e') + id});
    }
    ASSERT_TRUE(log->append(entries).has_value());
  }
  ASSERT_TRUE(log->head().has_value());
  EXPECT_EQ(verify_log(fs, dir, log->verifier()).error_class, "OK");
  if (has_go()) {
    const std::string vkey = log->verifier().format();
    EXPECT_TRUE(outside_verifier_accepts(dir, vkey));
    const std::string tile = dir + "/log/tile/0/000";
    std::string bytes = fs.read(tile, 8192).value();
    bytes[100] ^= 1;
    ASSERT_TRUE(fs.write_atomic(tile, bytes).has_value());
    EXPECT_FALSE(outside_verifier_accepts(dir, vkey));
    EXPECT_EQ(verify_log(fs, dir, log->verifier()).error_class, "leaf-hash");
  }
  std::filesystem::remove_all(dir);
}

// At the sizes where tiles, levels and partial widths begin and end. The last one takes the outside
// verifier a while, so the quick tier leaves it out.
TEST(Outside, SizesAtTheBordersOfTiles) {
  const std::string dir = fresh_dir("sizes");
  auto log = create(dir);
  const char* tier = std::getenv("PROVISO_TIER");
  const bool quick = tier != nullptr && std::string(tier) == "quick";
  const bool go = has_go();
  std::vector<std::uint64_t> sizes = {0, 1, 255, 256, 257, 65'535, 65'536, 65'537};
  if (!quick) sizes.push_back(1'000'000);
  for (const std::uint64_t size : sizes) {
    while (log->size() < size) {
      std::vector<NewEntry> entries;
      for (std::uint64_t i = log->size(); i < size && entries.size() < 50'000; ++i) {
        entries.push_back({std::to_string(i), "{\"n\":" + std::to_string(i) + "}"});
      }
      ASSERT_TRUE(log->append(entries).has_value());
    }
    ASSERT_TRUE(log->head().has_value());
    const LogReport report = verify_log(real_file_system(), dir, log->verifier());
    EXPECT_EQ(report.error_class, "OK") << size << " " << report.where << " " << report.detail;
    EXPECT_EQ(report.size, size);
    EXPECT_TRUE(!go || outside_verifier_accepts(dir, log->verifier().format())) << size;
  }
  log.reset();
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace proviso::ledger
