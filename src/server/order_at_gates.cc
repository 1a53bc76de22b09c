// SPDX-License-Identifier: Apache-2.0
#include "server/order_at_gates.h"

#include "base/text/format.h"

namespace proviso::server {

Result<OrderAtGates> order_at_gates(FileSystem& fs, const std::string& records_dir,
                                    const GateKeys& keys, const Digest& order) {
  OrderAtGates out;
  const std::string counts_dir = records_dir + "/counts";
  if (!fs.exists(counts_dir)) return out;
  std::vector<ledger::NoteVerifier> known;
  for (const auto& [name, key] : keys) known.push_back(key);
  for (const std::string& gate : TRY(fs.list(counts_dir))) {
    const std::string dir = counts_dir + "/" + gate;
    const auto files = fs.list(dir);
    if (!files) continue;
    for (const std::string& file : *files) {
      const auto note = fs.read(dir + "/" + file, ledger::kNoteBytesMax);
      if (!note) continue;
      const auto counts = gates::open_counts(*note, known);
      if (!counts) continue;
      const auto found = counts->orders.find(order);
      if (found == counts->orders.end()) continue;
      gates::OrderCounts& sum = out[counts->gate];
      sum.refused += found->second.refused;
      sum.limited += found->second.limited;
      sum.not_enforced += found->second.not_enforced;
      sum.shadow += found->second.shadow;
    }
  }
  return out;
}

Json order_at_gates_to_json(const OrderAtGates& gates) {
  Json::Array out;
  for (const auto& [gate, counts] : gates) {
    out.emplace_back(Json::Object{{"gate", gate},
                                  {"refused", counts.refused},
                                  {"limited", counts.limited},
                                  {"not_enforced", counts.not_enforced},
                                  {"shadow", counts.shadow}});
  }
  return out;
}

std::string order_at_gates_in_words(const OrderAtGates& gates) {
  std::string out;
  for (const auto& [gate, counts] : gates) {
    out +=
        format("At {}: refused {}, limited {}, not enforced {}, would have refused in shadow {}\n",
               gate, counts.refused, counts.limited, counts.not_enforced, counts.shadow);
  }
  return out;
}

}  // namespace proviso::server
