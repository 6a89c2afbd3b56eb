#pragma once

// A server on a free port for the length of a test, and handlers for it.

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "server/http/http_server.h"
#include "tests/support/raw_client.h"

namespace trainyard::testing {

inline constexpr std::size_t echo_limit = 64 * 1024 * 1024;

// Says what arrived: "METHOD PATH?QUERY BODY", or the error that reading the body ended with.
inline api::Response echo(api::Request& request) {
  api::Response response;
  auto body = read_all(*request.body, echo_limit);
  response.status = body ? 200 : 400;
  response.body = request.method + " " + request.path + "?" + request.query + " " +
                  (body ? *body : body.error().message);
  return response;
}

inline api::Response ignore_body(api::Request&) {
  api::Response response;
  response.body = "ignored";
  return response;
}

// A server that runs for one test, with short times where waiting is the point.
struct Running {
  explicit Running(server::Handler handler, server::Limits limits = {})
      : server(server::ListenAddress{"127.0.0.1", 0}, std::move(handler), limits) {
    REQUIRE(server.start());
  }
  RawClient connect() const { return RawClient(server.port()); }
  server::HttpServer server;
};

inline std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

}  // namespace trainyard::testing
