#pragma once

// Requests to a running daemon, for the commands that talk to one. Blocking; a connection for
// each request.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/stream.h"

namespace trainyard::server {

struct BaseUrl {
  std::string host;  // without brackets
  std::uint16_t port = 80;

  std::string text() const;
  std::string authority() const;  // "127.0.0.1:4747"
};

// Understands "http://HOST[:PORT][/]"; invalid_argument otherwise.
Result<BaseUrl> parse_base_url(std::string_view text);

struct HttpAnswer {
  int status = 0;
  std::string text;  // the body of an answer other than 200, cut at 64 KiB
};

struct HttpRequest {
  std::string method;
  std::string path;  // encoded
  std::vector<std::pair<std::string, std::string>> headers{};
};

// Sends the request, without a body, and writes the body of a 200 to `body` as it comes. `patience`
// is the longest time to connect, and between two arriving pieces. Errors: unavailable (nobody
// listens, or the answer broke off), timed_out, data_corrupt (no HTTP), and what `body` returned.
Result<HttpAnswer> http_send(const BaseUrl& base, const HttpRequest& request, ByteSink& body,
                             std::chrono::seconds patience);

// `token`: that of the daemon's own routes (see access_keys.h), where one is known.
Result<HttpAnswer> http_get(const BaseUrl& base, std::string_view path, ByteSink& body,
                            std::chrono::seconds patience, std::string_view token = "");

// `text` as one part of a path.
std::string percent_encoded(std::string_view text);

}  // namespace trainyard::server
