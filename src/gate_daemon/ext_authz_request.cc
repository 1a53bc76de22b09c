// SPDX-License-Identifier: Apache-2.0
// Field numbers as in envoy/service/auth/v3/attribute_context.proto; what is not named is skipped.
#include "gate_daemon/ext_authz_request.h"

#include <span>

#include "gate_daemon/protobuf.h"

namespace proviso::gate_daemon {
namespace {

struct Entry {
  std::string_view key;
  std::string_view value;
};

class Reading {
 public:
  Reading(const ExtAuthzMapping& mapping, gates::Request& out) : map_(mapping), out_(out) {}

  bool check_request(ProtobufReader reader) {
    while (reader.next()) {
      if (reader.field() == 1 && !attributes(reader.message())) reader.fail();
    }
    return reader.good();
  }

  /// What the route says goes before what the mapping says.
  void complete() {
    if (out_.service.empty()) out_.service = map_.service;
    if (out_.region.empty()) out_.region = map_.region;
    if (out_.operation.empty()) out_.operation = operation_header_;
    if (out_.operation.empty()) {
      out_.operation =
          map_.operation_from == ExtAuthzMapping::Operation::method ? method_ : grpc_path();
    }
    const std::string_view prefix = map_.subscription_prefix;
    if (out_.subscription.starts_with(prefix)) {
      out_.subscription.remove_prefix(prefix.size());
    } else {
      out_.subscription = {};
    }
  }

 private:
  using From = ExtAuthzMapping::Subscription;

  bool attributes(ProtobufReader reader) {
    while (reader.next()) {
      bool good = true;
      switch (reader.field()) {
        case 1: good = source(reader.message()); break;
        case 4: good = request(reader.message()); break;
        case 10: good = extension(reader.message()); break;
        case 11: good = metadata(reader.message()); break;
        default: break;
      }
      if (!good) reader.fail();
    }
    return reader.good();
  }

  bool source(ProtobufReader reader) {
    while (reader.next()) {
      if (reader.field() != 4) continue;
      const std::string_view principal = reader.bytes();
      if (map_.subscription_from == From::principal) out_.subscription = principal;
    }
    return reader.good();
  }

  bool request(ProtobufReader reader) {
    while (reader.next()) {
      if (reader.field() == 2 && !http(reader.message())) reader.fail();
    }
    return reader.good();
  }

  bool http(ProtobufReader reader) {
    while (reader.next()) {
      bool good = true;
      switch (reader.field()) {
        case 2: method_ = reader.bytes(); break;
        case 3: good = header(reader.message()); break;
        case 4: path_ = reader.bytes(); break;
        case 13: good = raw_headers(reader.message()); break;
        default: break;
      }
      if (!good) reader.fail();
    }
    return reader.good();
  }

  static bool entry(ProtobufReader& reader, Entry& out) {
    while (reader.next()) {
      if (reader.field() == 1) out.key = reader.bytes();
      if (reader.field() == 2) out.value = reader.bytes();
    }
    return reader.good();
  }

  bool header(ProtobufReader reader) {
    Entry found;
    if (!entry(reader, found)) return false;
    take_header(found);
    return true;
  }

  // HeaderMap: what Envoy sends with encode_raw_headers, instead of the map.
  bool raw_headers(ProtobufReader reader) {
    while (reader.next()) {
      if (reader.field() != 1) continue;
      ProtobufReader one = reader.message();
      Entry found;
      while (one.next()) {
        if (one.field() == 1) found.key = one.bytes();
        if (one.field() == 2 || one.field() == 3) found.value = one.bytes();
      }
      if (!one.good()) return false;
      take_header(found);
    }
    return reader.good();
  }

  void take_header(const Entry& found) {
    if (found.key.empty()) return;
    if (map_.subscription_from == From::header && found.key == map_.subscription_header) {
      out_.subscription = found.value;
    }
    if (found.key == map_.operation_header) operation_header_ = found.value;
    if (found.key == map_.resource_header) out_.resource = found.value;
  }

  bool extension(ProtobufReader reader) {
    Entry found;
    if (!entry(reader, found)) return false;
    if (found.key == "proviso.service") out_.service = found.value;
    if (found.key == "proviso.operation") out_.operation = found.value;
    if (found.key == "proviso.region") out_.region = found.value;
    return true;
  }

  bool metadata(ProtobufReader reader) {
    const std::span<const std::string> path = map_.subscription_metadata;
    if (map_.subscription_from != From::metadata || path.empty()) return true;
    while (reader.next()) {
      if (reader.field() != 1) continue;
      ProtobufReader one = reader.message();
      Entry found;  // the namespace and its Struct
      if (!entry(one, found)) return false;
      if (found.key == path[0] && !structure(reader.inside(found.value), path.subspan(1))) {
        return false;
      }
    }
    return reader.good();
  }

  // As deep as the mapping's path, whatever is in the message.
  bool structure(ProtobufReader reader, std::span<const std::string> path) {
    while (reader.next()) {
      if (reader.field() != 1) continue;
      ProtobufReader one = reader.message();
      Entry found;  // a key and its Value
      if (!entry(one, found)) return false;
      if (!path.empty() && found.key == path[0] &&
          !value(reader.inside(found.value), path.subspan(1))) {
        return false;
      }
    }
    return reader.good();
  }

  bool value(ProtobufReader reader, std::span<const std::string> path) {
    while (reader.next()) {
      if (reader.field() == 3 && path.empty()) out_.subscription = reader.bytes();
      if (reader.field() == 5 && !path.empty() && !structure(reader.message(), path)) return false;
    }
    return reader.good();
  }

  // "/package.Service/Method?query"
  [[nodiscard]] std::string_view grpc_path() const {
    std::string_view path = path_.substr(0, path_.find('?'));
    if (path.starts_with('/')) path.remove_prefix(1);
    return path;
  }

  const ExtAuthzMapping& map_;
  gates::Request& out_;
  std::string_view method_;
  std::string_view path_;
  std::string_view operation_header_;
};

}  // namespace

bool read_check_request(std::string_view message, const ExtAuthzMapping& mapping,
                        gates::Request& out) {
  out = {};
  ProtobufReader::Budget budget;
  Reading reading(mapping, out);
  if (!reading.check_request(ProtobufReader(message, budget))) return false;
  reading.complete();
  return true;
}

}  // namespace proviso::gate_daemon
