// SPDX-License-Identifier: Apache-2.0
// A client made of grpc++ and generated code, which share nothing with the gate's own codec.
//   client ADDRESS RECORDED    asks everything below; the last line says how many checks failed
//   client ADDRESS --down      the gate must be gone
#include <atomic>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "ext_authz.grpc.pb.h"
#include "health.grpc.pb.h"

namespace {

using envoy::service::auth::v3::Authorization;
using envoy::service::auth::v3::CheckRequest;
using envoy::service::auth::v3::CheckResponse;
using grpc::StatusCode;

int failures = 0;

void expect(const std::string& what, bool holds) {
  std::cout << (holds ? "ok: " : "FAILED: ") << what << "\n";
  if (!holds) ++failures;
}

CheckRequest request(const std::string& subscription, const std::string& service,
                     const std::string& operation) {
  CheckRequest out;
  auto& attributes = *out.mutable_attributes();
  auto& http = *attributes.mutable_request()->mutable_http();
  http.set_method("POST");
  (*http.mutable_headers())["x-proviso-subscription"] = subscription;
  (*http.mutable_headers())["user-agent"] = "client";
  (*attributes.mutable_context_extensions())["proviso.service"] = service;
  (*attributes.mutable_context_extensions())["proviso.operation"] = operation;
  return out;
}

class Client {
 public:
  explicit Client(const std::string& address)
      : channel_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())),
        stub_(Authorization::NewStub(channel_)) {}

  grpc::Status check(const CheckRequest& request, CheckResponse& response,
                     grpc_compression_algorithm compression = GRPC_COMPRESS_NONE) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    context.set_compression_algorithm(compression);
    return stub_->Check(&context, request, &response);
  }
  CheckResponse check(const CheckRequest& request) {
    CheckResponse response;
    const grpc::Status status = check(request, response);
    expect("the call succeeds (" + status.error_message() + ")", status.ok());
    return response;
  }
  grpc::Status undo() {
    grpc::ClientContext context;
    CheckResponse response;
    return stub_->Undo(&context, {}, &response);
  }
  std::shared_ptr<grpc::Channel> channel() { return channel_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Authorization::Stub> stub_;
};

std::map<std::string, std::string> denied_headers(const CheckResponse& response) {
  std::map<std::string, std::string> out;
  for (const auto& option : response.denied_response().headers()) {
    out[option.header().key()] = option.header().value();
  }
  return out;
}

void refused(Client& client) {
  const CheckResponse r = client.check(request("sub-public-body-records", "database", "Query"));
  const auto headers = denied_headers(r);
  const auto& metadata = r.dynamic_metadata().fields();
  expect("refused: code 7", r.status().code() == 7 && r.has_denied_response());
  expect("refused: 403", r.denied_response().status().code() == 403);
  expect("refused: the effect",
         headers.count("x-proviso-effect") == 1 && headers.at("x-proviso-effect") == "export-only");
  expect("refused: the order",
         headers.count("x-proviso-order") == 1 && headers.at("x-proviso-order").size() == 64);
  expect("refused: a reason",
         headers.count("x-proviso-reason") == 1 && r.denied_response().body().size() > 10);
  expect("refused: metadata", metadata.count("outcome") == 1 &&
                                  metadata.at("outcome").string_value() == "no" &&
                                  metadata.at("snapshot").number_value() > 1);
}

void passes(Client& client) {
  CheckResponse r = client.check(request("sub-nobody", "database", "Query"));
  expect("unrestricted: allowed, and says so",
         r.has_status() && r.status().code() == 0 && r.has_ok_response());
  expect("unrestricted: nothing to tell", !r.has_dynamic_metadata());
  r = client.check(request("sub-paper", "storage", "BulkCopy"));
  expect("the export lane is open",
         r.status().code() == 0 && r.has_ok_response() && r.ok_response().headers_size() == 2);
  r = client.check(request("sub-public-body-records", "speech", "TranscribeRecording"));
  const auto& metadata = r.dynamic_metadata().fields();
  expect("limited: passes", r.status().code() == 0 && r.has_ok_response());
  expect("limited: with the rate",
         metadata.count("rate") == 1 && metadata.at("rate").number_value() == 10);
  const auto& limit = metadata.at("rate_limit").struct_value().fields();
  expect("limited: as Envoy takes it", limit.at("requests_per_unit").number_value() == 10 &&
                                           limit.at("unit").string_value() == "SECOND");
  r = client.check(CheckRequest{});
  expect("says nothing: allowed, and told",
         r.status().code() == 0 && r.has_ok_response() &&
             r.dynamic_metadata().fields().at("missing").string_value() == "subscription");
}

void recorded(Client& client, const std::string& folder) {
  for (const char* name : {"header.bin", "raw_headers.bin", "claims.bin"}) {
    std::ifstream file(folder + "/" + name, std::ios::binary);
    CheckRequest request;
    expect(std::string(name) + " is a CheckRequest",
           request.ParseFromString({std::istreambuf_iterator<char>(file), {}}));
    expect(std::string(name) + ": allowed", client.check(request).status().code() == 0);
  }
}

void errors(Client& client) {
  CheckResponse response;
  expect("another method", client.undo().error_code() == StatusCode::UNIMPLEMENTED);
  const auto plain = request("sub-nobody", "database", "Query");
  CheckRequest large = plain;
  std::string& body =
      *large.mutable_attributes()->mutable_request()->mutable_http()->mutable_body();
  body = std::string(3'000, 'x');  // what gains nothing by it is not compressed
  expect("a compressed message", client.check(large, response, GRPC_COMPRESS_GZIP).error_code() ==
                                     StatusCode::UNIMPLEMENTED);
  body = std::string(300'000, 'x');
  expect("a message beyond the limit",
         client.check(large, response).error_code() == StatusCode::RESOURCE_EXHAUSTED);
  expect("and then it goes on", client.check(plain, response).ok());
}

void health(Client& client) {
  const auto stub = grpc::health::v1::Health::NewStub(client.channel());
  const auto ask = [&](const std::string& service, int& serving) {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    const grpc::Status status = stub->Check(&context, request, &response);
    serving = response.status();
    return status.error_code();
  };
  int serving = 0;
  expect("health", ask("", serving) == StatusCode::OK && serving == 1);
  expect("health of the service",
         ask("envoy.service.auth.v3.Authorization", serving) == StatusCode::OK && serving == 1);
  expect("health of another", ask("other", serving) == StatusCode::NOT_FOUND);
}

// As many as Envoy has under way at once; each answer must be that of its own request.
void many(const std::string& address) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  Client client(address);
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const bool cut = (i + t) % 2 == 0;
        CheckResponse response;
        const auto asked = cut ? request("sub-public-body-records", "database", "Query")
                               : request("sub-" + std::to_string(i), "database", "Query");
        if (!client.check(asked, response).ok() || response.status().code() != (cut ? 7 : 0)) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  expect("3200 requests, 16 at once", wrong == 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string address = argv[1];
  Client client(address);
  if (std::string(argv[2]) == "--down") {
    CheckResponse response;
    const grpc::Status status = client.check(CheckRequest{}, response);
    expect("a gate that is gone is an error, which failure_mode_allow decides",
           status.error_code() == StatusCode::UNAVAILABLE);
    return failures == 0 ? 0 : 1;
  }
  refused(client);
  passes(client);
  recorded(client, argv[2]);
  errors(client);
  health(client);
  many(address);
  std::cout << failures << " failed\n";
  return failures == 0 ? 0 : 1;
}
