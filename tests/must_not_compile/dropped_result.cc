// SPDX-License-Identifier: Apache-2.0
// refused: ignoring returned value
#include "base/result.h"

proviso::Result<int> answer();

int main() {
#ifdef ALLOWED
  return answer().value_or(0);
#else
  answer();
#endif
}
