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

TEST_CASE("what listens everywhere is reached by loopback") {
  CHECK(ListenAddress{"0.0.0.0", 1}.reachable().to_string() == "127.0.0.1:1");
  CHECK(ListenAddress{"::", 1}.reachable().to_string() == "[::1]:1");
  CHECK(ListenAddress{"192.0.2.1", 1}.reachable().to_string() == "192.0.2.1:1");
}

}  // namespace trainyard::server
