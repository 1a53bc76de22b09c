// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include "base/json.h"

namespace proviso::http {

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
    case Method::options: return "OPTIONS";
    case Method::other: return "other";
  }
  return "other";
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

Response Response::text(int status, std::string body) {
  Response out;
  out.status = status;
  out.content_type = "text/plain; charset=utf-8";
  out.body = std::move(body);
  return out;
}

Response Response::json(int status, std::string body) {
  Response out;
  out.status = status;
  out.content_type = "application/json";
  out.body = std::move(body);
  out.compressible = true;
  return out;
}

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

Response problem(int status, std::string_view detail) {
  Response out;
  out.status = status;
  out.content_type = "application/problem+json";
  out.body = canonical_json(Json::Object{{"detail", Json(detail)},
                                         {"status", status},
                                         {"title", Json(reason(status))},
                                         {"type", "about:blank"}}) +
             "\n";
  return out;
}

}  // namespace proviso::http
