// SPDX-License-Identifier: Apache-2.0
#include "http/client_tls.h"

// Asio's calls give their error twice: in the argument, which is looked at, and as what they
// return. NOLINTBEGIN(bugprone-unused-return-value)
namespace proviso::http {

namespace asio = boost::asio;
using boost::system::error_code;

std::unexpected<Error> call_failed(const Url& url, std::string_view step, const error_code& error) {
  return fail(Errc::unavailable,
              url.authority() + ": " + std::string(step) + ": " + error.message());
}

Result<void> name_server(ClientTlsStream& stream, const Url& url) {
  stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
  error_code is_name;
  asio::ip::make_address(url.host, is_name);
  // RFC 6066 section 3: an address is no server name.
  if (is_name && SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str()) != 1) {
    return fail(Errc::unavailable, url.authority() + ": not a name for TLS");
  }
  return {};
}

Result<asio::ssl::context> tls_context(const std::string& ca_file) {
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  tls.set_verify_mode(asio::ssl::verify_peer);
  error_code error;
  tls.set_default_verify_paths(error);
  if (!ca_file.empty()) {
    tls.load_verify_file(ca_file, error);
    if (error) return fail(Errc::invalid_input, ca_file + ": no PEM certificates");
  }
  return tls;
}

}  // namespace proviso::http
// NOLINTEND(bugprone-unused-return-value)
