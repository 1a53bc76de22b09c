// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/testing/check_request.h"

#include <bit>
#include <cstdint>

#include "gate_daemon/protobuf.h"

namespace proviso::gate_daemon::testing {
namespace {

void write_pairs(ProtobufWriter& out, std::uint32_t field, const Pairs& pairs) {
  for (const auto& [key, value] : pairs) {
    const std::size_t entry = out.begin(field);
    out.bytes(1, key);
    out.bytes(2, value);
    out.end(entry);
  }
}

void write_http(ProtobufWriter& out, const CheckRequest& r) {
  const std::size_t http = out.begin(2);
  out.bytes(1, "12345678901234567890");
  out.bytes(2, r.method);
  write_pairs(out, 3, r.headers);
  out.bytes(4, r.path);
  out.bytes(5, "photos.example");
  out.bytes(10, "HTTP/1.1");
  if (!r.raw_headers.empty()) {
    const std::size_t map = out.begin(13);
    for (const auto& [key, value] : r.raw_headers) {
      const std::size_t one = out.begin(1);
      out.bytes(1, key);
      out.bytes(3, value);
      out.end(one);
    }
    out.end(map);
  }
  out.end(http);
}

// "2{1{}}" of shape, without the braces, for that field; nullopt-like: found says whether.
std::string_view shape_of(std::string_view shape, std::uint32_t field, bool& found) {
  found = false;
  while (!shape.empty()) {
    const std::size_t brace = shape.find('{');
    if (brace == std::string_view::npos) return {};
    const std::string number(shape.substr(0, brace));
    std::size_t end = brace + 1;
    for (int depth = 1; depth > 0; ++end)
      depth += shape[end] == '{' ? 1 : shape[end] == '}' ? -1 : 0;
    if (std::stoul(number) == field) {
      found = true;
      return shape.substr(brace + 1, end - brace - 2);
    }
    shape.remove_prefix(end);
  }
  return {};
}

// A double whose wire type is fixed64 is told by its value.
std::string number_of(std::string_view bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bits |= std::uint64_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
  }
  return std::to_string(static_cast<std::int64_t>(std::bit_cast<double>(bits)));
}

}  // namespace

std::string CheckRequest::bytes() const {
  std::string out;
  ProtobufWriter writer(out);
  const std::size_t attributes = writer.begin(1);
  const std::size_t source = writer.begin(1);
  writer.bytes(2, "a-cluster");
  if (!principal.empty()) writer.bytes(4, principal);
  writer.end(source);
  const std::size_t request = writer.begin(4);
  write_http(writer, *this);
  writer.end(request);
  write_pairs(writer, 10, extensions);
  if (!metadata.empty()) {
    const std::size_t context = writer.begin(11);
    write_pairs(writer, 1, metadata);
    writer.end(context);
  }
  writer.end(attributes);
  return out;
}

std::string struct_of_text(std::string_view key, std::string_view value) {
  std::string out;
  ProtobufWriter writer(out);
  const std::size_t entry = writer.begin(1);
  writer.bytes(1, key);
  const std::size_t of = writer.begin(2);
  writer.bytes(3, value);
  writer.end(of);
  writer.end(entry);
  return out;
}

std::string struct_of_struct(std::string_view key, std::string_view inner) {
  std::string out;
  ProtobufWriter writer(out);
  const std::size_t entry = writer.begin(1);
  writer.bytes(1, key);
  const std::size_t of = writer.begin(2);
  writer.bytes(5, inner);
  writer.end(of);
  writer.end(entry);
  return out;
}

std::string dump(std::string_view message, std::string_view shape) {
  ProtobufReader::Budget budget;
  ProtobufReader reader(message, budget);
  std::string out;
  while (reader.next()) {
    bool is_message = false;
    const std::string_view inner = shape_of(shape, reader.field(), is_message);
    out += (out.empty() ? "" : " ") + std::to_string(reader.field());
    ProtobufReader as_text = reader;
    const std::string_view text = as_text.bytes();
    ProtobufReader as_varint = reader;
    const std::uint64_t varint = as_varint.varint();
    if (as_text.good() && is_message) {
      out += "{" + dump(text, inner) + "}";
    } else if (as_text.good()) {
      out += "\"" + std::string(text) + "\"";
    } else if (as_varint.good()) {
      out += ":" + std::to_string(varint);
    } else {
      out += "=" + number_of(reader.fixed());
    }
  }
  return out + (reader.good() ? "" : "!");
}

}  // namespace proviso::gate_daemon::testing
