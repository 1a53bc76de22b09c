// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace proviso::gate_daemon::testing {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A CheckRequest as Envoy sends it: what a test is about, among what always comes along.
struct CheckRequest {
  std::string method = "GET";
  std::string path = "/photos/7?size=large";
  Pairs headers{};
  Pairs raw_headers{};
  Pairs extensions{};
  std::string principal{};
  /// The bytes of the Struct of a filter.
  Pairs metadata{};

  [[nodiscard]] std::string bytes() const;
};

/// A google.protobuf.Struct with one member: a text, or another Struct.
std::string struct_of_text(std::string_view key, std::string_view value);
std::string struct_of_struct(std::string_view key, std::string_view inner);

/// A message, with whatever fields are in it, as text: `1{ 1:0 } 2{ ... } 3"text"`. `shape` has for
/// each field that is a message its number and its own shape: "1{} 2{1{} 2{1{}}}".
std::string dump(std::string_view message, std::string_view shape);

/// Of a CheckResponse.
inline constexpr std::string_view kCheckResponse = "1{} 2{1{} 2{1{}}} 3{2{1{}}} 4{1{2{5{1{2{}}}}}}";

}  // namespace proviso::gate_daemon::testing
