// SPDX-License-Identifier: Apache-2.0
#include "trial.h"

#include <cstdio>

#include <unistd.h>

namespace proviso::cmd {

server::ReplayOptions Trial::options(std::size_t inputs) const {
  server::ReplayOptions out;
  out.hash_key = hash_key;
  out.under_review = under_review;
  if (inputs == 1) out.lateness = setting.lateness;
  return out;
}

Result<Trial> open_trial(Context& context, const std::string& register_file) {
  Trial trial{.setting = TRY(server::setting_for(context.dir)),
              .customers = {},
              .under_review = {},
              .hash_key = {}};
  if (!context.dir.empty()) {
    auto folder = TRY(context.folder());
    trial.customers = folder->customers();
    trial.hash_key = folder->hash_key();
    for (const cases::CaseRow& row : TRY(folder->casework().list())) {
      if (row.state != cases::case_state::closed) trial.under_review.insert(row.customer.value);
    }
  }
  if (!register_file.empty()) trial.customers = TRY(server::read_register_file(register_file));
  return trial;
}

ProgressLine::ProgressLine(bool wanted) : show_(wanted && ::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (show_) std::fprintf(stderr, "\r\033[K");
}

void ProgressLine::operator()(const std::string& input, std::uint64_t records) const {
  if (!show_) return;
  std::fprintf(stderr, "\r%s: %llu records ", input.c_str(),
               static_cast<unsigned long long>(records));
}

}  // namespace proviso::cmd
