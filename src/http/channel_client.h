// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "http/channel.h"
#include "http/client.h"

namespace proviso::http {

struct ChannelCall {
  Url url;
  std::string token;                       ///< sent as a bearer token; empty: none
  std::string ca_file;                     ///< PEM; certificates to trust beside the system's
  std::chrono::milliseconds time{10'000};  ///< until it is open
};

/// Opens a channel and hears it until it ends; blocks the caller, whose thread `listener` is called
/// on. Returns nothing where the other end closed it or `stop` asked for the end (which takes a
/// tenth of a second). `unavailable`: no connection, no HTTP, out of time, or broken off; `denied`:
/// the server refused with 401 or 403; `invalid_input`: the CA file. Robust to untrusted answers.
Result<void> call_channel(const ChannelCall& call, const std::shared_ptr<ChannelListener>& listener,
                          const std::stop_token& stop);

}  // namespace proviso::http
