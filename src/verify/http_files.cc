// SPDX-License-Identifier: Apache-2.0
#include "verify/http_files.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "http/gunzip.h"
#include "ledger/note.h"

namespace proviso::verify {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kConnectionsMax = 64;
constexpr std::size_t kBytesHereMax = 64U << 20U;
constexpr int kTries = 3;
constexpr std::chrono::milliseconds kPause{250};

bool may_pass(int status) { return status == 429 || status >= 500; }

std::string_view header(const http::Response& response, std::string_view name) {
  for (const auto& [field, value] : response.headers) {
    const bool same = std::ranges::equal(field, name, [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
    });
    if (same) return value;
  }
  return "";
}

// tlog-tiles lets a server send bundles compressed without being asked to.
Result<std::string> body_of(http::Response&& response, std::uint64_t bytes_max) {
  const std::string_view encoding = header(response, "content-encoding");
  if (encoding.empty() || encoding == "identity") return std::move(response.body);
  if (encoding == "gzip") return http::gunzip(response.body, bytes_max);
  return fail(Errc::unavailable, "the server sends an encoding that was not asked for");
}

Result<std::string> file_of(http::Response&& response, std::uint64_t bytes_max) {
  const int status = response.status;
  if (status == 200) return body_of(std::move(response), bytes_max);
  if (status == 404 || status == 410) return fail(Errc::not_found, "the file is missing");
  if (status >= 300 && status < 400) {
    return fail(Errc::unavailable, "the server redirects (" + std::to_string(status) +
                                       "), which is not followed (give the log's own URL)");
  }
  return fail(Errc::unavailable, "the server answers " + std::to_string(status));
}

}  // namespace

HttpFiles::HttpFiles(http::Url base, HttpLimits limits,
                     std::vector<http::KeptConnection> connections)
    : base_(std::move(base)), limits_(std::move(limits)), connections_(std::move(connections)) {}

HttpFiles::~HttpFiles() {
  for (std::jthread& worker : workers_) worker.request_stop();
}

Result<std::unique_ptr<HttpFiles>> HttpFiles::open(const std::string& url,
                                                   const HttpLimits& limits) {
  auto base = http::Url::parse(url);
  if (!base) return fail_in(printable(url), base.error());
  if (limits.connections == 0 || limits.connections > kConnectionsMax ||
      limits.file_time.count() <= 0) {
    return fail(Errc::invalid_input, "1 to 64 connections, and more than no time");
  }
  std::vector<http::KeptConnection> connections;
  for (unsigned i = 0; i <= limits.connections; ++i) {
    connections.push_back(TRY(http::KeptConnection::make(base->tls, limits.ca_file)));
  }
  std::unique_ptr<HttpFiles> files(new HttpFiles(std::move(*base), limits, std::move(connections)));
  // Where is the checkpoint? What was read of it is kept for whoever asks for it first.
  const Wanted checkpoint{"checkpoint", ledger::kNoteBytesMax};
  auto here = files->fetch(files->connections_[0], checkpoint, {});
  if (!here && here.error().code == Errc::not_found) {
    const std::string above = std::exchange(files->base_.path, files->base_.path + "/log");
    auto below = files->fetch(files->connections_[0], checkpoint, {});
    if (below || below.error().code != Errc::not_found) {
      here = std::move(below);
    } else {
      files->base_.path = above;
    }
  }
  files->coming_["checkpoint"] = {Coming::State::here, std::move(here)};
  return files;
}

Result<std::string> HttpFiles::fetch(http::KeptConnection& connection, const Wanted& wanted,
                                     const std::stop_token& stop) {
  http::Call call;
  call.url = base_;
  call.url.path += "/" + wanted.path;
  call.body_bytes_max = wanted.bytes_max;
  call.stop = stop;
  const auto end = Clock::now() + limits_.file_time;
  Result<std::string> result = fail(Errc::unavailable, "no answer in time");
  for (int tries = 0; tries < kTries; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(kPause * tries);
    call.time = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (call.time.count() <= 0 || stop.stop_requested()) break;
    auto response = connection.call(call);
    const bool passing =
        response ? may_pass(response->status) : response.error().code == Errc::unavailable;
    if (response) {
      result = file_of(std::move(*response), wanted.bytes_max);
    } else {
      result = std::unexpected(response.error());
    }
    if (!passing) break;
  }
  return result;
}

bool HttpFiles::may_fetch() const { return !wanted_.empty() && bytes_here_ < kBytesHereMax; }

void HttpFiles::work(http::KeptConnection& connection, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return may_fetch(); })) {
    const Wanted next = std::move(wanted_.front());
    wanted_.pop_front();
    Coming& coming = coming_[next.path];
    coming.state = Coming::State::fetching;
    lock.unlock();
    auto result = fetch(connection, next, stop);
    lock.lock();
    if (result) bytes_here_ += result->size();
    coming.result = std::move(result);
    coming.state = Coming::State::here;
    changed_.notify_all();
  }
}

void HttpFiles::expect(const std::string& path, std::uint64_t bytes_max) {
  if (workers_.empty()) {
    for (unsigned i = 0; i < limits_.connections; ++i) {
      workers_.emplace_back(
          [this, i](const std::stop_token& stop) { work(connections_[i + 1], stop); });
    }
  }
  const std::lock_guard lock(mutex_);
  if (!coming_.try_emplace(path).second) return;
  wanted_.push_back({path, bytes_max});
  changed_.notify_all();
}

Result<void> HttpFiles::read_into(const std::string& path, std::uint64_t bytes_max,
                                  std::string& out) {
  std::unique_lock lock(mutex_);
  const auto found = coming_.find(path);
  if (found != coming_.end() && found->second.state != Coming::State::wanted) {
    changed_.wait(lock, [&] { return found->second.state == Coming::State::here; });
    auto result = std::move(found->second.result);
    coming_.erase(found);
    if (!result) return std::unexpected(result.error());
    if (path != "checkpoint") bytes_here_ -= result->size();
    changed_.notify_all();
    out.swap(*result);
    return {};
  }
  // Nobody fetches it yet: then it is quickest to do so here, and nothing can wait for itself.
  if (found != coming_.end()) {
    coming_.erase(found);
    std::erase_if(wanted_, [&](const Wanted& wanted) { return wanted.path == path; });
  }
  lock.unlock();
  out = TRY(fetch(connections_[0], {path, bytes_max}, {}));
  return {};
}

}  // namespace proviso::verify
