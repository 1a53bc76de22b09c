// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "http/message.h"

// Messages both ways over one long-lived connection: a WebSocket (RFC 6455). A handler answers with
// Response::channel to turn its request into one; call_channel() (channel_client.h) is the other
// end.
namespace proviso::http {

/// What one end sends by. Any thread; it may outlive the connection, which then takes nothing more.
class Channel {
 public:
  /// Text; goes out after what was sent before. The bytes are shared, so that a message to
  /// thousands stands in memory once. False where the connection is over.
  bool send(std::shared_ptr<const std::string> message);
  bool send(std::string message);
  /// Closes it once what was sent is out.
  void end();

  // For whoever runs the connection.
  struct Next {
    std::shared_ptr<const std::string> message;  ///< null: there is none
    bool end = false;                            ///< and none will come
  };
  Next take();
  [[nodiscard]] bool ending() const;
  /// `wake` is called, by any thread, when take() has something to say.
  void open(std::function<void()> wake);
  void close();

 private:
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const std::string>> waiting_;
  std::function<void()> wake_;
  bool ending_ = false;
};

/// What one end hears. Called on the network's thread, one call after the other: what takes longer
/// than a moment belongs to another thread. None of it may throw.
class ChannelListener {
 public:
  virtual ~ChannelListener() = default;
  virtual void opened(const std::shared_ptr<Channel>& channel) = 0;
  virtual void received(std::string message) = 0;
  /// Always, after opened(); not where the process ends first.
  virtual void ended() = 0;
  /// A longer message ends the connection.
  [[nodiscard]] virtual std::size_t message_bytes_max() const = 0;
};

/// Whether the request asks for a WebSocket; a route that is one answers 426 where not.
bool asks_for_channel(const Request& request);

}  // namespace proviso::http
