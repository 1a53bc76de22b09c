// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gates/id_key.h"
#include "gates/request.h"

namespace proviso::gates {

/// Keys of what a request is for, under the seed of the table that is asked. A program has few
/// services and operations, so it can make them once and keep them beside its routes.
struct ServiceKeys {
  IdKey service;
  IdKey operation;
  static ServiceKeys of(const KeySeed& seed, const Request& request) noexcept {
    return {key_of(seed, request.service), key_of(seed, request.operation)};
  }
};

}  // namespace proviso::gates
