// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/file_system.h"
#include "gate_daemon/haproxy_link.h"
#include "gate_daemon/latest.h"
#include "gate_daemon/names.h"

namespace proviso::gate_daemon {

/// Who wants to know by name what the gate enforces, whose table holds hashes: AuthZEN's searches,
/// and HAProxy's map. Told after the gate has taken what it was brought. One thread.
class Knowledge {
 public:
  /// Each may be null: nobody asks. Names cost as much memory as the snapshot's text. `gate`: its
  /// name, or empty.
  Knowledge(Latest<Names>* names, HaproxyLink* haproxy, std::string gate = {})
      : names_(names), haproxy_(haproxy), gate_(std::move(gate)) {}

  void take_snapshot(std::string_view text);
  void take_delta(std::string_view text);
  /// What the gate kept in its folder, before anything was brought.
  void read_kept(FileSystem& fs, const std::string& state_dir);

 private:
  Latest<Names>* const names_;
  HaproxyLink* const haproxy_;
  const std::string gate_;
};

}  // namespace proviso::gate_daemon
