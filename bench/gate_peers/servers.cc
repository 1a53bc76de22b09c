// SPDX-License-Identifier: Apache-2.0
#include "bench/gate_peers/servers.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/check.h"
#include "gate_daemon/haproxy_cli.h"
#include "gate_daemon/serve.h"

namespace proviso::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string check_request(std::string_view subscription, std::size_t service) {
  return "GET /check HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Proviso-Subscription: " +
         std::string(subscription) + "\r\nX-Proviso-Service: " + kServices.at(service) +
         "\r\nX-Proviso-Operation: " + kOperations.at(service) + "\r\n\r\n";
}

std::string authzen_request(std::string_view subscription, std::size_t service) {
  const std::string body = R"({"subject":{"type":"subscription","id":")" +
                           std::string(subscription) + R"("},"action":{"name":")" +
                           kOperations.at(service) + R"("},"resource":{"type":"service","id":")" +
                           kServices.at(service) + R"("}})";
  return "POST /access/v1/evaluation HTTP/1.1\r\nHost: 127.0.0.1\r\n"
         "Content-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string snapshot_path(const std::string& dir) { return dir + "/gate.snapshot"; }
std::string later_path(const std::string& dir, std::size_t turn) {
  return dir + "/gate.snapshot." + std::to_string(turn);
}

void write_file(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  CHECK(file.flush());
}

/// Until it refuses the first question that it must refuse: sets `start_ms`.
Server started(Server server, const Set& set, SteadyClock::time_point begin) {
  const Endpoint& endpoint = server.endpoints.front();
  const std::string question = endpoint.request(set.restricted.front(), 0);
  while (!is_refused(endpoint.port, endpoint.says, question)) {
    if (!server.process->is_running()) {
      std::fprintf(stderr, "bench_gate_peers: '%s' did not start\n", endpoint.name.c_str());
      std::exit(1);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  server.start_ms = std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
  return server;
}

std::string nginx_settings(const std::string& dir, std::uint16_t port) {
  std::string out = "daemon off;\nworker_processes 1;\npid " + dir +
                    "/nginx.pid;\nevents {}\nhttp {\n  access_log off;\n"
                    "  keepalive_requests 1000000000;\n"
                    "  map_hash_max_size 1048576;\n  map_hash_bucket_size 256;\n";
  int number = 0;
  for (const char* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    out += "  " + std::string(what) + "_temp_path " + dir + "/nginx-" + std::to_string(++number) +
           ";\n";
  }
  return out +
         "  map \"$http_x_proviso_subscription/$http_x_proviso_service\" $refused {\n"
         "    default 0;\n    include " +
         dir + "/nginx.map;\n  }\n  server {\n    listen 127.0.0.1:" + std::to_string(port) +
         ";\n    location / {\n      if ($refused) { return 403; }\n      return 200;\n    }\n  }\n"
         "}\n";
}

std::string haproxy_settings(const std::string& dir, std::uint16_t port) {
  return "global\n  stats socket " + dir +
         "/haproxy.sock mode 600 level admin\n  nbthread 1\n"
         "defaults\n  mode http\n  timeout client 60s\n  timeout server 60s\n  timeout connect "
         "60s\n"
         "frontend f\n  bind 127.0.0.1:" +
         std::to_string(port) +
         "\n  http-request set-var(txn.service) req.fhdr(X-Proviso-Service)\n"
         "  http-request deny deny_status 403 if "
         "{ req.fhdr(X-Proviso-Subscription),concat(/,txn.service),map_str(" +
         dir + "/haproxy.map) -m str deny }\n  http-request return status 200\n";
}

void write_map(const Set& set, const std::string& path, std::string_view after_key) {
  std::string text;
  for (const std::string& subscription : set.restricted) {
    for (std::size_t service = 0; service < kServices.size(); ++service) {
      text += pair_of(subscription, service);
      text += after_key;
    }
  }
  write_file(path, text);
}

}  // namespace

void write_files(const Set& set, const std::string& dir) {
  gates::testing::World world = make_world(set);
  write_file(snapshot_path(dir), world.snapshot_text());
  for (std::size_t turn = 0; turn < kFileChanges; ++turn) {
    world.put_in_force(order_of(set.later.at(turn)), "2026-11-06T00:00:00Z");
    write_file(later_path(dir, turn), world.snapshot_text());
  }
  write_map(set, dir + "/nginx.map", " 1;\n");
  write_map(set, dir + "/haproxy.map", " deny\n");
}

Server start_gate(const std::string& program, const Set& set, const std::string& dir) {
  const std::uint16_t http = free_port();
  const std::uint16_t authzen = free_port();
  const auto begin = SteadyClock::now();
  Server out;
  out.process = std::make_unique<Process>(
      std::vector<std::string>{program, "serve", dir, std::to_string(http),
                               std::to_string(authzen)},
      dir + "/gate.log");
  out.endpoints = {{"proviso gate, /check", http, Says::by_status, check_request},
                   {"proviso gate, AuthZEN", authzen, Says::by_decision, authzen_request}};
  out.change = [dir](std::size_t turn) {
    std::filesystem::rename(later_path(dir, turn), snapshot_path(dir));
  };
  return started(std::move(out), set, begin);
}

Server start_nginx(const std::string& program, const Set& set, const std::string& dir) {
  const std::uint16_t port = free_port();
  write_file(dir + "/nginx.conf", nginx_settings(dir, port));
  const auto begin = SteadyClock::now();
  Server out;
  out.process = std::make_unique<Process>(
      std::vector<std::string>{program, "-p", dir, "-c", dir + "/nginx.conf", "-e", "stderr"},
      dir + "/nginx.log");
  out.endpoints = {{"nginx map", port, Says::by_status, check_request}};
  out.change = [dir, &set, pid = out.process->pid()](std::size_t turn) {
    std::ofstream map(dir + "/nginx.map", std::ios::app);
    map << pair_of(set.later.at(turn), 0) << " 1;\n";
    CHECK(map.flush());
    ::kill(pid, SIGHUP);
  };
  return started(std::move(out), set, begin);
}

Server start_haproxy(const std::string& program, const Set& set, const std::string& dir) {
  const std::uint16_t port = free_port();
  write_file(dir + "/haproxy.cfg", haproxy_settings(dir, port));
  const auto begin = SteadyClock::now();
  Server out;
  out.process = std::make_unique<Process>(
      std::vector<std::string>{program, "-db", "-f", dir + "/haproxy.cfg"}, dir + "/haproxy.log");
  out.endpoints = {{"HAProxy map", port, Says::by_status, check_request}};
  out.change = [dir, &set](std::size_t turn) {
    auto cli = gate_daemon::HaproxyCli::connect(dir + "/haproxy.sock", {});
    CHECK(cli && cli->ask("add map " + dir + "/haproxy.map " + pair_of(set.later.at(turn), 0) +
                          " deny\n"));
  };
  return started(std::move(out), set, begin);
}

int serve_gate(const std::string& dir, std::uint16_t http, std::uint16_t authzen) {
  const BenchClocks clocks;
  const SystemClock clock;
  const EventLog log(clock, descriptor_sink(2));
  gate_daemon::ServeSettings settings;
  settings.gate.trust = gates::testing::World().trust();
  settings.gate.state_dir = dir + "/gate-state";
  settings.snapshot = snapshot_path(dir);
  settings.http = gate_daemon::Address{.ip = "127.0.0.1", .port = http};
  settings.authzen = gate_daemon::Address{.ip = "127.0.0.1", .port = authzen};
  const auto served = gate_daemon::serve(std::move(settings), clocks, real_file_system(), log);
  if (!served) std::fprintf(stderr, "%s\n", served.error().message.c_str());
  return served ? 0 : 1;
}

}  // namespace proviso::bench
