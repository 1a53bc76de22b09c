// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace proviso::gate_daemon {

struct HttpField {
  std::string_view name;
  std::string_view value;
};

/// Whether two names of header fields are the same; ASCII case does not matter.
bool same_name(std::string_view a, std::string_view b);

/// One request as it was sent. Views: valid only during HttpHandler::answer.
struct HttpRequest {
  std::string_view method;
  std::string_view target;  ///< as sent: neither decoded nor checked
  std::span<const HttpField> fields;
  std::string_view body;

  /// The first field of that name.
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;
  /// How many fields have that name.
  [[nodiscard]] std::size_t count(std::string_view name) const;
};

/// What a handler answers. The connection adds the status line, lengths, and what ends it.
struct HttpAnswer {
  int status = 200;
  std::string_view type;  ///< Content-Type; a literal. Empty: none
  std::string fields;     ///< whole lines, each with its CR LF
  std::string body;

  void clear();
  /// Appends one field. What could end the line or is not printable ASCII becomes '?'; the value is
  /// cut at 1,000 bytes: it may come from an order, and goes into other people's log files.
  void add_field(std::string_view name, std::string_view value);
  /// A status and one sentence.
  void set_text(int status_code, std::string_view text);
};

/// Answers requests; called by one event loop's thread.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// `answer` is clear when it comes in.
  virtual void answer(const HttpRequest& request, HttpAnswer& answer) = 0;
};

}  // namespace proviso::gate_daemon
