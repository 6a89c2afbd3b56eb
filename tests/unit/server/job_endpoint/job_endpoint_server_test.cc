#include "server/job_endpoint/job_endpoint_server.h"

#include <algorithm>

#include <doctest/doctest.h>
#include <unistd.h>

#include "api/signature/credential_store.h"
#include "api/signature/hmac.h"
#include "runtime/object/digest.h"
#include "server/job_endpoint/job_key.h"
#include "server/listen_address.h"
#include "tests/support/fake_engine.h"
#include "tests/support/raw_client.h"

namespace trainyard::server {

namespace {

using testing::FakeEngine;
using testing::FakeImage;
using testing::RawClient;

// Every address of 127.0.0.0/8 is this machine's, as the gateways of job networks are. The port is
// the same in all, so each process of tests has networks of its own.
Ipv4Subnet loopback_network(std::uint32_t part) {
  const auto process = static_cast<std::uint32_t>(::getpid());
  return {(127U << 24) | (part << 22) | ((process & 0x3fff) << 8), 24};
}
const Ipv4Subnet here = loopback_network(1);
const Ipv4Subnet there = loopback_network(2);
// Set aside for documentation (RFC 5737): nobody's.
const Ipv4Subnet elsewhere = *Ipv4Subnet::parse("192.0.2.0/24");
const std::string gateway = here.address(1);
const std::string at_usual_port = fmt::format("{}:{}", gateway, JobEndpointServer::usual_port);
const std::string container = here.address(2);
const std::string container_there = there.address(2);

api::Response answer_with(const char* text) {
  api::Response response;
  response.body = std::string(text);
  return response;
}

struct Bench {
  explicit Bench(std::vector<std::string> own_candidates = {})
      : endpoint(engine, clock, {"secret", std::move(own_candidates)}) {
    std::map<Service, ServiceHandler> services;
    for (const Service service :
         {Service::s3, Service::sagemaker, Service::control, Service::iam, Service::logs}) {
      services[service] = [service](api::Request&, const Destination&) {
        return answer_with(to_string(service).data());
      };
    }
    endpoint.serve(std::move(services), [this](api::CredentialStore& keys) {
      stores.push_back(&keys);
      return [](api::Request&, const Destination&) { return answer_with("sts"); };
    });
  }

  // What STS of the door that was opened last would give out.
  AccessKey issue() {
    const auto key = stores.back()->issue("role", clock.now(), std::chrono::hours(1));
    return {key.access_key_id, key.secret_access_key, key.session_token};
  }

  FakeEngine engine;
  SystemClock clock;
  std::vector<api::CredentialStore*> stores;  // of the doors, in the order of their making
  JobEndpointServer endpoint;
};

// A URL that was signed for a long time, by Signature Version 2.
std::string signed_get(const AccessKey& key) {
  constexpr const char* expires = "4000000000";
  const std::string token =
      key.session_token.empty() ? "" : "x-amz-security-token:" + key.session_token;
  const std::string signature =
      to_base64(api::hmac_sha1(key.secret, fmt::format("GET\n\n\n{}\n{}/bucket/key", expires,
                                                       token.empty() ? "" : token + "\n")));
  std::string encoded;
  for (const char c : signature) {
    encoded += c == '+' ? "%2B" : c == '/' ? "%2F" : c == '=' ? "%3D" : std::string(1, c);
  }
  return fmt::format("GET /bucket/key?AWSAccessKeyId={}&Expires={}&Signature={} HTTP/1.1\r\n{}",
                     key.id, expires, encoded, token.empty() ? "" : token + "\r\n");
}

RawClient::Answer ask(const std::string& address, const std::string& from,
                      const std::string& request) {
  const ListenAddress at = *parse_listen_address(address);
  RawClient client(at.port, at.host, from);
  client.send(request + "Host: " + address + "\r\n\r\n");
  return client.receive();
}

// The id of a container that runs until it is told to end.
std::string run_container(FakeEngine& engine, const std::string& name) {
  FakeImage image;
  image.program = testing::wait_for_sigterm(0);
  engine.add_image("image", image);
  ContainerSpec spec;
  spec.name = name;
  spec.image = "image";
  const std::string id = engine.create_container(spec).value();
  REQUIRE(engine.start_container(id));
  return id;
}

const std::string list_jobs =
    "POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\nContent-Length: 0\r\n";

}  // namespace

TEST_CASE("containers of a job's network reach S3 there, and nothing that starts jobs") {
  Bench bench;
  const auto access = bench.endpoint.open({"job/1", "network", here, "", std::nullopt});
  REQUIRE(access);
  CHECK(access->address == at_usual_port);
  CHECK(access->key == job_key("secret", "job/1"));

  const auto object = ask(access->address, container, signed_get(access->key));
  CHECK(object.status == 200);
  CHECK(object.body == "s3");
  for (const std::string& request :
       {list_jobs, std::string("GET /_trainyard/health HTTP/1.1\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                    "Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/iam/"
                    "aws4_request, SignedHeaders=host, Signature=0\r\nContent-Length: 0\r\n")}) {
    CAPTURE(request);
    // In the caller's protocol: AWS JSON refuses with 400, the others with 403.
    CHECK(ask(access->address, container, request).status / 100 == 4);
  }
}

TEST_CASE("only a key of the job opens its endpoint") {
  Bench bench;
  const AccessKey given{"test", "given"};
  const auto access = bench.endpoint.open({"job/1", "network", here, "", given});
  REQUIRE(access);
  CHECK(ask(access->address, container, signed_get(given)).status == 200);
  for (const AccessKey& key : {AccessKey{"test", "guess"}, AccessKey{access->key.id, "guess"},
                               job_key("secret", "job/2"), AccessKey{"", ""}}) {
    CAPTURE(key.id);
    CHECK(ask(access->address, container, signed_get(key)).status == 403);
  }
  for (const char* unsigned_request :
       {"GET /bucket/key HTTP/1.1\r\n", "PUT /bucket/key HTTP/1.1\r\nContent-Length: 0\r\n",
        "POST /bucket HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        "Content-Length: 0\r\n",
        "OPTIONS /bucket/key HTTP/1.1\r\n"}) {
    CAPTURE(unsigned_request);
    CHECK(ask(access->address, container, unsigned_request).status == 403);
  }
}

TEST_CASE("a temporary key is good where it was issued, as long as the job") {
  Bench bench;
  const auto first = bench.endpoint.open({"job/1", "network", here, "", std::nullopt});
  REQUIRE(first);
  const AccessKey key = bench.issue();
  CHECK(ask(first->address, container, signed_get(key)).status == 200);
  const auto second = bench.endpoint.open({"job/2", "network", there, "", std::nullopt});
  REQUIRE(second);
  CHECK(ask(second->address, container_there, signed_get(bench.issue())).status == 200);
  CHECK(ask(second->address, container_there, signed_get(key)).status == 403);
  bench.endpoint.close("job/1");
  const auto again = bench.endpoint.open({"job/1", "network", here, "", std::nullopt});
  REQUIRE(again);
  CHECK(ask(again->address, container, signed_get(key)).status == 403);
}

TEST_CASE("nobody outside of the job's network is answered, the host included") {
  Bench bench;
  const auto access = bench.endpoint.open({"job/1", "network", here, "", std::nullopt});
  REQUIRE(access);
  for (const std::string& from : {std::string("127.0.0.1"), container_there, gateway}) {
    CAPTURE(from);
    CHECK(ask(access->address, from, signed_get(access->key)).status == 403);
  }
}

TEST_CASE("where the usual port is taken another one serves, and the same one after a restart") {
  HttpServer other({gateway, JobEndpointServer::usual_port},
                   [](api::Request&) { return answer_with("other"); });
  REQUIRE(other.start());
  std::string address;
  {
    Bench bench;
    const auto access = bench.endpoint.open({"job/1", "network", here, "", std::nullopt});
    REQUIRE(access);
    address = access->address;
    CHECK(address != at_usual_port);
    CHECK(ask(address, container, signed_get(access->key)).body == "s3");
  }
  Bench bench;
  const auto again = bench.endpoint.open({"job/1", "network", here, address, std::nullopt});
  REQUIRE(again);
  CHECK(again->address == address);
  CHECK(ask(address, container, signed_get(again->key)).body == "s3");
}

TEST_CASE("an address that a running container was told is not exchanged for another") {
  HttpServer other({gateway, JobEndpointServer::usual_port},
                   [](api::Request&) { return answer_with("other"); });
  REQUIRE(other.start());
  Bench bench;
  const auto access = bench.endpoint.open({"job/1", "network", here, at_usual_port, std::nullopt});
  REQUIRE_FALSE(access);
  CHECK(access.error().kind == ErrorKind::already_exists);
}

TEST_CASE("a closed endpoint leaves its address to the next job") {
  Bench bench;
  REQUIRE(bench.endpoint.open({"job/1", "network", here, "", std::nullopt}));
  REQUIRE(bench.endpoint.open({"job/1", "network", here, "", std::nullopt}));
  bench.endpoint.close("job/1");
  bench.endpoint.close("job/1");
  const auto next = bench.endpoint.open({"job/2", "network", here, "", std::nullopt});
  REQUIRE(next);
  CHECK(next->address == at_usual_port);
}

TEST_CASE("where the gateway is none of our addresses and we run in no container, it says so") {
  Bench bench;
  const auto access = bench.endpoint.open({"job/1", "network", elsewhere, "", std::nullopt});
  REQUIRE_FALSE(access);
  CHECK(access.error().kind == ErrorKind::unsupported);
  CHECK(access.error().message.find("remote") != std::string::npos);
  bench.endpoint.leave("network");
  CHECK(std::ranges::count(bench.engine.calls(), "disconnect_network") == 0);
}

TEST_CASE("a daemon in a container joins the job's network, and leaves it before it goes") {
  Bench bench({"stranger", "daemon"});
  const std::string own = run_container(bench.engine, "daemon");
  const std::string network =
      bench.engine.create_network({"job", "192.0.2.0/24", false, {}}).value();

  // The fake gives nobody a real address.
  CHECK_FALSE(bench.endpoint.open({"job/1", network, elsewhere, "", std::nullopt}));
  CHECK(bench.engine.joined(network) == std::map<std::string, std::string>{{own, "192.0.2.254"}});
  CHECK(bench.engine.remove_network(network).error().kind == ErrorKind::conflict);
  bench.endpoint.leave(network);
  CHECK(bench.engine.remove_network(network));
}

TEST_CASE("whether we run in a container is asked again when the Engine could not tell") {
  Bench bench({"daemon"});
  const std::string own = run_container(bench.engine, "daemon");
  const std::string network =
      bench.engine.create_network({"job", "192.0.2.0/24", false, {}}).value();
  bench.engine.fail_next("inspect_container", {ErrorKind::internal, "the Engine is confused"});
  const auto first = bench.endpoint.open({"job/1", network, elsewhere, "", std::nullopt});
  REQUIRE_FALSE(first);
  CHECK(first.error().message == "the Engine is confused");
  CHECK_FALSE(bench.endpoint.open({"job/1", network, elsewhere, "", std::nullopt}));
  CHECK(bench.engine.joined(network).contains(own));
}

TEST_CASE("a network that it was in before a restart is not left while a job needs it") {
  Bench bench({"daemon"});
  const std::string own = run_container(bench.engine, "daemon");
  const std::string network = bench.engine.create_network({"job", here.text(), false, {}}).value();
  REQUIRE(bench.engine.connect_network(network, own, container));
  REQUIRE(bench.endpoint.open({"job/1", network, here, at_usual_port, std::nullopt}));

  bench.endpoint.leave(network);
  CHECK(bench.engine.joined(network).contains(own));
  bench.endpoint.close("job/1");
  bench.endpoint.leave(network);
  CHECK(bench.engine.joined(network).empty());
}

}  // namespace trainyard::server
