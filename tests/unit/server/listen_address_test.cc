#include "server/listen_address.h"

#include <doctest/doctest.h>

namespace trainyard::server {

TEST_CASE("addresses to listen at") {
  CHECK(parse_listen_address("127.0.0.1:4747").value() == ListenAddress{"127.0.0.1", 4747});
  CHECK(parse_listen_address("[::1]:0").value() == ListenAddress{"::1", 0});
  CHECK(parse_listen_address("localhost:1").value() == ListenAddress{"127.0.0.1", 1});
  for (const char* text : {"", "127.0.0.1", ":80", "::1:80", "a:", "a:x", "127.0.0.1:65536",
                           "127.0.0.1:-1", "[]:1", "[::1:1", "example.com:80", "127.1:80"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_listen_address(text));
  }
}

TEST_CASE("an address is written as it is read") {
  for (const char* text : {"127.0.0.1:4747", "[::1]:0", "0.0.0.0:80"}) {
    CHECK(parse_listen_address(text)->to_string() == text);
  }
}

}  // namespace trainyard::server
