#include "runtime/base/ipv4_subnet.h"

#include <doctest/doctest.h>

namespace trainyard {

TEST_CASE("a subnet is read, and written as it is") {
  CHECK(Ipv4Subnet::parse("10.213.4.0/24")->text() == "10.213.4.0/24");
  CHECK(Ipv4Subnet::parse("10.213.4.7/24")->text() == "10.213.4.0/24");
  CHECK(Ipv4Subnet::parse("0.0.0.0/0")->text() == "0.0.0.0/0");
  for (const char* text : {"", "10.213.4.0", "10.213.4.0/", "10.213.4.0/33", "10.213.4.0/-1",
                           "10.213.4/24", "10.213.4.0/24 ", "::1/24", "a/24"}) {
    CAPTURE(text);
    CHECK_FALSE(Ipv4Subnet::parse(text));
  }
}

TEST_CASE("a subnet knows its addresses") {
  const Ipv4Subnet subnet = *Ipv4Subnet::parse("10.213.4.0/24");
  CHECK(subnet.address(1) == "10.213.4.1");
  CHECK(subnet.address(254) == "10.213.4.254");
  for (const char* inside : {"10.213.4.0", "10.213.4.2", "10.213.4.255", "::ffff:10.213.4.9"}) {
    CAPTURE(inside);
    CHECK(subnet.contains(inside));
  }
  for (const char* outside : {"", "10.213.5.2", "10.213.3.255", "127.0.0.1", "::1", "10.213.4.2x",
                              "::10.213.4.2", "localhost"}) {
    CAPTURE(outside);
    CHECK_FALSE(subnet.contains(outside));
  }
}

TEST_CASE("every address lies in the subnet without a prefix") {
  CHECK(Ipv4Subnet(0, 0).contains("255.255.255.255"));
}

}  // namespace trainyard
