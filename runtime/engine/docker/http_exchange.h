#pragma once

// One request and its reply over a connection: HTTP/1.1 as far as the Engine needs it. Used by one
// thread at a time.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/stream.h"
#include "runtime/engine/docker/connection.h"

namespace trainyard {

struct HttpRequest {
  std::string method;
  std::string target;        // path and query, percent-encoded
  std::string body;          // small ones
  std::string content_type;  // empty: no body is announced
  std::vector<std::pair<std::string, std::string>> headers;
};

class HttpExchange {
 public:
  explicit HttpExchange(Connection& connection);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  Result<void> send(const HttpRequest& request, Deadline deadline);

  // Sends what `body` produces, in chunks; `idle` is how long the peer may take nothing. Success
  // too when the peer answered before it had read everything: the answer tells what that means. An
  // error of the producer is returned as it is.
  Result<void> send_streamed(const HttpRequest& request, const BodyProducer& body,
                             std::chrono::milliseconds idle);

  // Waits for the reply and returns its status. unavailable when the peer hangs up first.
  Result<unsigned> read_head(Deadline deadline);
  // Value of a header of the reply, "" when it has none.
  std::string header(std::string_view name) const;
  // Bytes of the reply's body; 0 at its end. unavailable when it was cut off.
  Result<std::size_t> read_body(std::span<std::byte> buffer, Deadline deadline);

  // True when not a byte of the reply has come.
  bool unanswered() const;
  // True when the whole reply was read and the connection can take another request.
  bool reusable() const;

 private:
  struct Reply;
  Connection& connection_;
  std::unique_ptr<Reply> reply_;
  bool sent_all_ = false;
};

}  // namespace trainyard
