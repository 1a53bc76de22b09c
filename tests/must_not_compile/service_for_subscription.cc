// SPDX-License-Identifier: Apache-2.0
// refused: could not convert
#include "model/ids.h"

bool is_cut(proviso::model::SubscriptionId subscription);

int main() {
#ifdef ALLOWED
  return is_cut(proviso::model::SubscriptionId("s"));
#else
  return is_cut(proviso::model::ServiceId("s"));
#endif
}
