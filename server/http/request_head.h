#pragma once

// The first line and the header of a request, and what they say about framing. Stricter than
// HTTP asks for wherever two readers of one request could disagree about where it ends.
//
// Pure functions; any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/wire/http_message.h"
#include "runtime/base/result.h"

namespace trainyard::server {

struct RequestHead {
  std::string method;
  std::string path;   // raw, begins with "/"
  std::string query;  // raw, without "?"
  api::Headers headers;
  std::optional<std::uint64_t> content_length;  // absent: none was stated
  bool chunked = false;
  bool keep_alive = false;        // the client can take another answer on this connection
  bool expects_continue = false;  // the client waits for "100 Continue" before it sends the body
  bool at_least_1_1 = false;      // HTTP/1.1, else 1.0
};

// Looks for the end of a header in bytes that arrive bit by bit.
class HeadScanner {
 public:
  enum class State { incomplete, complete, malformed, too_large };

  // `bytes` begins where the request begins and holds all that came so far; at least what the last
  // call was given.
  State scan(std::string_view bytes, std::size_t limit);

  // Once complete: the header's size in bytes, with the empty line.
  std::size_t size() const { return scanned_; }

 private:
  std::size_t scanned_ = 0;
};

// `text` is one whole header with its empty line. invalid_argument says in a word to the client
// what is wrong; unsupported is an expectation that cannot be met.
Result<RequestHead> parse_request_head(std::string_view text);

}  // namespace trainyard::server
