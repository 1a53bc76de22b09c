// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include <simdjson.h>

#include "base/result.h"

// What usage records are measured beside: simdjson that only parses, and the least that a group-by
// can do with it. Both read blocks of the file and skip every check that intake makes.
namespace proviso::bench {

inline constexpr std::size_t kPeerBlock = 1U << 20U;

struct PeerTotals {
  std::uint64_t records = 0;
  std::uint64_t count = 0;
  std::uint64_t groups = 0;
};

/// Calls `take(text, bytes)` with blocks of whole lines, padded as simdjson asks for.
inline Result<void> each_block(const std::string& path,
                               const std::function<Result<void>(const char*, std::size_t)>& take) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return fail(Errc::not_found, path + ": cannot be opened");
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  std::string block(kPeerBlock + simdjson::SIMDJSON_PADDING, '\0');
  std::size_t kept = 0;
  for (;;) {
    const std::size_t got = std::fread(block.data() + kept, 1, kPeerBlock - kept, file.get());
    const std::size_t bytes = kept + got;
    if (got == 0) return {};
    const std::size_t whole = std::string_view(block.data(), bytes).rfind('\n') + 1;
    TRY_VOID(take(block.data(), whole));
    kept = bytes - whole;
    std::memmove(block.data(), block.data() + whole, kept);
  }
}

inline Result<void> parse_block(simdjson::dom::parser& parser, const char* text, std::size_t bytes,
                                std::uint64_t& records) {
  simdjson::dom::document_stream stream;
  if (parser.parse_many(text, bytes, kPeerBlock).get(stream) != simdjson::SUCCESS) {
    return fail(Errc::invalid_input, "simdjson refuses a block");
  }
  for (auto document : stream) {
    if (document.error() != simdjson::SUCCESS) return fail(Errc::invalid_input, "not JSON");
    ++records;
  }
  return {};
}

inline Result<PeerTotals> parse_only(const std::string& path) {
  simdjson::dom::parser parser;
  parser.threaded = false;
  PeerTotals totals;
  TRY_VOID(each_block(path, [&](const char* text, std::size_t bytes) {
    return parse_block(parser, text, bytes, totals.records);
  }));
  return totals;
}

/// The same over a text in memory.
inline Result<void> parse_text(const simdjson::padded_string& text) {
  simdjson::dom::parser parser;
  parser.threaded = false;
  std::uint64_t records = 0;
  return parse_block(parser, text.data(), text.size(), records);
}

inline Result<PeerTotals> bare_loop(const std::string& path) {
  namespace ondemand = simdjson::ondemand;
  ondemand::parser parser;
  parser.threaded = false;
  PeerTotals totals;
  boost::unordered_flat_map<std::string, std::uint64_t> groups;
  std::string key;
  TRY_VOID(each_block(path, [&](const char* text, std::size_t bytes) -> Result<void> {
    ondemand::document_stream stream;
    if (parser.iterate_many(text, bytes, kPeerBlock).get(stream) != simdjson::SUCCESS) {
      return fail(Errc::invalid_input, "simdjson refuses a block");
    }
    for (auto document : stream) {
      ondemand::object data;
      std::string_view time;
      std::string_view subscription;
      std::uint64_t count = 0;
      if (document["time"].get_string().get(time) || document["data"].get_object().get(data) ||
          data["subscription"].get_string().get(subscription) ||
          data["count"].get_uint64().get(count)) {
        return fail(Errc::invalid_input, "not a usage record");
      }
      key.assign(subscription).append(time.substr(0, 13));
      groups[key] += count;
      totals.count += count;
      ++totals.records;
    }
    return {};
  }));
  totals.groups = groups.size();
  return totals;
}

}  // namespace proviso::bench
