// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace proviso::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };
std::string_view to_string(Method method);

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A request as handlers see it. What a client wrote is untrusted; who the client is (address,
/// browser) is not here, so that no handler can keep it (I11).
struct Request {
  Method method = Method::get;
  std::string path;   ///< decoded and checked by parse_target(): "/a/b", no empty or dot segments
  std::string query;  ///< as it was sent, without '?'
  Headers headers;    ///< names in lower case
  std::string body;
  std::string id;         ///< ours, random; stands in the log and in the answer
  bool loopback = false;  ///< from this machine, and not passed on by a proxy

  /// The first value of that (lower-case) name, or empty.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

class ChannelListener;

/// How long others may keep an answer.
enum class Caching : std::uint8_t {
  never,        ///< no-store
  for_seconds,  ///< what changes while one looks: 5 s
  for_minute,   ///< what does not change, but goes away: 60 s
  for_ever,     ///< immutable: a year
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  Headers headers;  ///< beyond those that the server writes itself
  Caching caching = Caching::never;
  bool compressible = false;     ///< worth it: text, and bundles of entries
  bool open_to_scripts = false;  ///< scripts of any web page may read it (CORS): public data only
  /// Set: the connection becomes a channel (channel.h), and nothing else here is sent.
  std::shared_ptr<ChannelListener> channel;

  static Response text(int status, std::string body);
  static Response json(int status, std::string body);
};

/// The phrase of a status code, as in RFC 9110.
std::string_view reason(int status);

/// An RFC 9457 problem document. `detail` is for clients: never content, names or paths of disk.
Response problem(int status, std::string_view detail);

}  // namespace proviso::http
