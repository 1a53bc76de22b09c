// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.h"
#include "server/replay.h"

namespace proviso::cmd {

/// What a rule is tried under: the documents, the register and the open cases of a data folder, or
/// what we ship and a register file.
struct Trial {
  server::RuleSetting setting;
  model::Register customers;
  std::set<std::string> under_review;
  std::string hash_key;  ///< empty without a data folder

  [[nodiscard]] server::ReplayOptions options(std::size_t inputs) const;
};

/// Opens the data folder only while it reads, so that a long trial keeps nobody from the folder
/// (I5). `register_file` stands for the register where it is not empty.
Result<Trial> open_trial(Context& context, const std::string& register_file);

/// Writes how far a long run is to standard error, where that is a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void operator()(const std::string& input, std::uint64_t records) const;

 private:
  bool show_;
};

}  // namespace proviso::cmd
