// SPDX-License-Identifier: Apache-2.0
#include "http/channel.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace proviso::http {
namespace {

bool equal_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

}  // namespace

bool Channel::send(std::shared_ptr<const std::string> message) {
  const std::lock_guard lock(mutex_);
  if (!wake_ || ending_) return false;
  waiting_.push_back(std::move(message));
  wake_();
  return true;
}

bool Channel::send(std::string message) {
  return send(std::make_shared<const std::string>(std::move(message)));
}

void Channel::end() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  if (wake_) wake_();
}

Channel::Next Channel::take() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) return {nullptr, ending_};
  Next out{std::move(waiting_.front()), false};
  waiting_.pop_front();
  return out;
}

bool Channel::ending() const {
  const std::lock_guard lock(mutex_);
  return ending_;
}

void Channel::open(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void Channel::close() {
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
  ending_ = true;
  waiting_.clear();
}

bool asks_for_channel(const Request& request) {
  return request.method == Method::get &&
         equal_but_for_case(request.header("upgrade"), "websocket") &&
         !request.header("sec-websocket-key").empty();
}

}  // namespace proviso::http
