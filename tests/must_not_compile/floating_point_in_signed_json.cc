// SPDX-License-Identifier: Apache-2.0
// refused: ambiguous
#include "base/json.h"

proviso::Json value() {
#ifdef ALLOWED
  return proviso::Json(1);
#else
  return proviso::Json(1.5);
#endif
}
