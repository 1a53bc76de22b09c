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

TEST(Outside, GoChecksumDatabaseAgrees) {
  const std::string dir =
      (std::filesystem::temp_directory_path() / ("proviso-outside-" + std::to_string(::getpid())))
          .string();
  std::filesystem::remove_all(dir);
  FileSystem& fs = real_file_system();
  auto key = SigningKey::from_seed(std::string(32, 'o')).value();
  auto log =
      Log::create(fs, dir, NoteSigner{"log.example/outside", std::move(key)}, "log.example/outside")
          .value();
  for (int batch = 0; batch < 3; ++batch) {
    std::vector<NewEntry> entries;
    for (int i = 0; i < 200; ++i) {
      const std::string id = std::to_string(batch) + "." + std::to_string(i);
      entries.push_back({id, std::string(static_cast<std::size_t>(i), 'e') + id});
    }
    ASSERT_TRUE(log->append(entries).has_value());
  }
  EXPECT_EQ(verify_log(fs, dir, log->verifier()).error_class, "OK");
  const bool has_go = std::system("command -v go >/dev/null") == 0 &&
                      std::filesystem::exists("/usr/share/gocode/src/golang.org/x/mod/sumdb");
  if (has_go) {
    const std::string vkey = log->verifier().format();
    EXPECT_TRUE(outside_verifier_accepts(dir, vkey));
    const std::string tile = dir + "/log/tile/0/000";
    std::string bytes = fs.read(tile, 8192).value();
    bytes[100] ^= 1;
    ASSERT_TRUE(fs.write_atomic(tile, bytes).has_value());
    EXPECT_FALSE(outside_verifier_accepts(dir, vkey));
    EXPECT_EQ(verify_log(fs, dir, log->verifier()).error_class, "leaf-hash");
  } else {
    std::cout << "SKIPPED: golang-go and golang-golang-x-mod-dev are not installed\n";
  }
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace proviso::ledger
