#include "server/front_door/gate.h"

#include <doctest/doctest.h>

#include "tests/support/request.h"

namespace trainyard::server {

namespace {

using testing::TestRequest;

bool enters(const Gate& gate, const std::vector<std::string>& fields) {
  TestRequest request("POST", "/", fields);
  return !gate.refusal(request.request(), [] { return false; });
}

const Gate& closed_gate() {
  static const Gate gate{GateRules{}};
  return gate;
}

const Gate& configured_gate() {
  static const Gate gate{
      GateRules{{"trainyard", "Sagemaker.Local.", "*.internal.example", "192.168.1.5", "bad host"},
                {"https://Console.example", "http://localhost:3000", "null", "nonsense"}}};
  return gate;
}

}  // namespace

TEST_CASE("the gate knows the machine's own names") {
  for (const char* host : {"localhost", "localhost:4747", "LocalHost:4747", "localhost.",
                           "localhost.:4747", "bucket.localhost", "a.b.localhost:80",
                           "my_bucket.localhost", "127.0.0.1", "127.0.0.1:4747", "127.8.9.10",
                           "[::1]", "[::1]:4747", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]:1"}) {
    CAPTURE(host);
    CHECK(enters(closed_gate(), {std::string("Host: ") + host}));
  }
}

TEST_CASE("the gate turns away every other name, whatever it looks like") {
  for (const char* host : {"",
                           "evil.example",
                           "evil.example:4747",
                           "localhost.evil.example",
                           "evil-localhost",
                           "notlocalhost",
                           "localhostt",
                           ".localhost",
                           "a..localhost",
                           "localhost..",
                           "localhost:",
                           "localhost:x",
                           "localhost:99999",
                           "localhost:80:80",
                           "localhost:-1",
                           "user@localhost",
                           "localhost@evil.example",
                           "localhost/",
                           "localhost#evil",
                           "local host",
                           "localhost,evil",
                           "localhost\t",
                           "127.1",
                           "127.0.0.1.evil.example",
                           "127.0.0.01",
                           "0x7f.0.0.1",
                           "2130706433",
                           "0.0.0.0",
                           "0.0.0.0:4747",
                           "10.0.0.1",
                           "169.254.169.254",
                           "128.0.0.1",
                           "[::]",
                           "[::1",
                           "[::1]x",
                           "[::1]:",
                           "::1",
                           "[::1%lo]",
                           "[::2]",
                           "[::ffff:10.0.0.1]",
                           "[localhost]",
                           "host.docker.internal",
                           "trainyard",
                           "xn--localhost",
                           "localhost%00",
                           "%6cocalhost",
                           "lоcalhost" /* Cyrillic o */}) {
    CAPTURE(host);
    CHECK_FALSE(enters(closed_gate(), {std::string("Host: ") + host}));
  }
  CHECK_FALSE(enters(closed_gate(), {}));
  CHECK_FALSE(enters(closed_gate(), {"Host: localhost", "Host: localhost"}));
  CHECK_FALSE(enters(closed_gate(), {"Host: evil.example", "X-Forwarded-Host: localhost"}));
}

TEST_CASE("the gate knows configured names") {
  for (const char* host : {"trainyard:4747", "TRAINYARD", "trainyard.", "sagemaker.local:1",
                           "b.internal.example", "a.b.internal.example", "192.168.1.5:4747"}) {
    CAPTURE(host);
    CHECK(enters(configured_gate(), {std::string("Host: ") + host}));
  }
  for (const char* host : {"b.trainyard", "internal.example", "xinternal.example", "192.168.1.50",
                           "sagemaker.local.evil.example", "bad", "host"}) {
    CAPTURE(host);
    CHECK_FALSE(enters(configured_gate(), {std::string("Host: ") + host}));
  }
}

TEST_CASE("a page may only speak to the address it came from") {
  struct Case {
    const char* host;
    const char* origin;
    bool enters;
  };
  for (const Case& each : std::initializer_list<Case>{
           {"localhost:4747", "http://localhost:4747", true},
           {"LOCALHOST:4747", "http://localhost:4747", true},
           {"127.0.0.1:4747", "http://127.0.0.1:4747", true},
           {"[::1]:4747", "http://[::1]:4747", true},
           {"localhost", "http://localhost", true},
           {"localhost", "http://localhost:80", true},
           {"localhost:80", "http://localhost", true},
           {"localhost:4747", "http://localhost:4748", false},
           {"localhost:4747", "http://localhost", false},
           {"localhost:4747", "http://localhost:3000", false},
           {"localhost:4747", "https://localhost:4747", false},
           {"localhost:4747", "http://127.0.0.1:4747", false},
           {"127.0.0.1:4747", "http://localhost:4747", false},
           {"localhost:4747", "http://evil.localhost:4747", false},
           {"b.localhost:4747", "http://localhost:4747", false},
           {"localhost:4747", "http://evil.example", false},
           {"localhost:4747", "http://evil.example:4747", false},
           {"localhost:4747", "null", false},
           {"localhost:4747", "", false},
           {"localhost:4747", "localhost:4747", false},
           {"localhost:4747", "http://localhost:4747/", false},
           {"localhost:4747", "http://localhost:4747.evil.example", false},
           {"localhost:4747", "http://user@localhost:4747", false},
           {"localhost:4747", "http://localhost:4747 http://evil.example", false},
           {"localhost:4747", "file://", false},
           {"localhost:4747", "chrome-extension://abcdef", false},
           {"localhost:4747", "*", false},
       }) {
    CAPTURE(each.host);
    CAPTURE(each.origin);
    CHECK(enters(closed_gate(), {std::string("Host: ") + each.host,
                                 std::string("Origin: ") + each.origin}) == each.enters);
  }
  CHECK_FALSE(enters(closed_gate(), {"Host: localhost:1", "Origin: http://localhost:1",
                                     "Origin: http://evil.example"}));
}

TEST_CASE("configured origins enter, and nothing like them") {
  for (const char* origin : {"https://console.example", "https://console.example:443",
                             "HTTPS://CONSOLE.example", "http://localhost:3000", "null"}) {
    CAPTURE(origin);
    CHECK(enters(configured_gate(), {"Host: localhost", std::string("Origin: ") + origin,
                                     "Sec-Fetch-Site: cross-site"}));
  }
  for (const char* origin : {"http://console.example", "https://console.example:8443",
                             "https://a.console.example", "http://localhost:3001", "nonsense"}) {
    CAPTURE(origin);
    CHECK_FALSE(enters(configured_gate(), {"Host: localhost", std::string("Origin: ") + origin}));
  }
  // A page that may speak to us must still have found us under a name of ours.
  CHECK_FALSE(enters(configured_gate(), {"Host: evil.example", "Origin: https://console.example"}));
  TestRequest admitted("GET", "/", {"Host: localhost", "Origin: https://console.example"});
  CHECK(configured_gate().configured_origin(admitted.request()) == "https://console.example");
  TestRequest own("GET", "/", {"Host: localhost", "Origin: http://localhost"});
  CHECK_FALSE(configured_gate().configured_origin(own.request()));
}

TEST_CASE("requests that browsers send without an Origin are known by where they come from") {
  for (const char* site : {"same-origin", "none"}) {
    CHECK(enters(closed_gate(), {"Host: localhost", std::string("Sec-Fetch-Site: ") + site}));
  }
  for (const char* site : {"cross-site", "same-site", "", "Same-Origin", "none, cross-site"}) {
    CAPTURE(site);
    CHECK_FALSE(enters(closed_gate(), {"Host: localhost", std::string("Sec-Fetch-Site: ") + site}));
  }
  CHECK_FALSE(enters(closed_gate(),
                     {"Host: localhost", "Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site"}));
}

TEST_CASE("containers of jobs come in by their own door only") {
  GateRules of_main;
  of_main.not_from = Ipv4Subnet::parse("10.213.0.0/16");
  GateRules of_job;
  of_job.only_from = Ipv4Subnet::parse("10.213.4.0/24");
  const Gate main(of_main);
  const Gate job(of_job);
  const auto enters_from = [](const Gate& gate, const std::string& client) {
    TestRequest request("GET", "/", {"Host: localhost"});
    request.request().client = client;
    return !gate.refusal(request.request(), [] { return false; });
  };
  CHECK(enters_from(main, "127.0.0.1"));
  CHECK(enters_from(main, "::1"));
  CHECK(enters_from(main, "192.168.1.2"));
  for (const char* of_host : {"10.213.4.1", "10.213.0.1", "::ffff:10.213.255.1"}) {
    CAPTURE(of_host);
    CHECK(enters_from(main, of_host));
  }
  CHECK_FALSE(enters_from(main, "10.213.4.2"));
  CHECK_FALSE(enters_from(main, "10.213.4.129"));
  CHECK_FALSE(enters_from(main, "::ffff:10.213.4.2"));
  CHECK(enters_from(job, "10.213.4.2"));
  for (const char* stranger :
       {"", "127.0.0.1", "10.213.5.2", "10.213.4.1", "::ffff:10.213.4.1", "::1"}) {
    CAPTURE(stranger);
    CHECK_FALSE(enters_from(job, stranger));
  }
}

}  // namespace trainyard::server
