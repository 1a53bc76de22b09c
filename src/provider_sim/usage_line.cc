// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "provider_sim/lines.h"

namespace proviso::provider_sim {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), end.ptr);
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":\"").append(value).append("\"");
}

void append_amounts(std::string& out, const Record& record) {
  bool any = false;
  for (std::size_t i = 0; i < record.amounts.size(); ++i) {
    const std::string_view unit = record.stream->amounts[i].unit;
    if (unit.empty()) continue;
    out.append(any ? "," : R"(,"amounts":[)").append(R"({"unit":")").append(unit);
    out.append(R"(","quantity":)");
    append_number(out, record.amounts[i]);
    out.append("}");
    any = true;
  }
  if (any) out.append("]");
}

}  // namespace

void append_usage_line(std::string& out, std::string_view id, const Record& record) {
  const Stream& stream = *record.stream;
  const std::string end = format_time(record.end);
  out.append(R"({"specversion":"1.0")");
  append_member(out, "id", id);
  append_member(out, "source", "urn:proviso:simulator");
  append_member(out, "type", "com.proviso.usage.v1");
  append_member(out, "time", end);
  out.append(R"(,"data":{"subscription":")").append(*record.subscription).append("\"");
  append_member(out, "service", stream.service);
  append_member(out, "operation", stream.operation);
  append_member(out, "region", stream.region);
  append_member(out, "resource_type", stream.resource_type);
  out.append(R"(,"resource":")").append(stream.resource_type).append("-");
  append_number(out, record.stream_index);
  out.append("\"");
  append_member(out, "status", stream.status);
  out.append(",\"count\":");
  append_number(out, record.calls);
  append_amounts(out, record);
  out.append(R"(,"window":{"start":")").append(format_time(record.start));
  out.append(R"(","end":")").append(end).append("\"}}}\n");
}

}  // namespace proviso::provider_sim
