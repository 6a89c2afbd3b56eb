#include "runtime/job/network_pool.h"

#include <set>

#include <doctest/doctest.h>

#include "tests/support/fake_engine.h"

namespace trainyard {

namespace {

using testing::FakeEngine;

const Labels pool_labels{{"pool", "mine"}};

using Names = std::vector<std::string>;

NetworkLease acquired(NetworkPool& pool, bool isolated = false) {
  const auto lease = pool.acquire(isolated);
  REQUIRE(lease);
  return *lease;
}

std::string foreign_network(FakeEngine& engine, const std::string& subnet, Labels labels = {}) {
  const auto id = engine.create_network({"foreign-" + subnet, subnet, false, std::move(labels)});
  REQUIRE(id);
  return *id;
}

// Ids of the networks in the Engine that carry those labels.
std::set<std::string> networks(FakeEngine& engine, const Labels& labels) {
  std::set<std::string> ids;
  const auto found = engine.list_networks(labels);
  REQUIRE(found);
  for (const ResourceSummary& network : *found) ids.insert(network.id);
  return ids;
}

std::string running_container(FakeEngine& engine, const std::string& network) {
  testing::FakeImage image;
  image.program = testing::wait_for_sigterm(0);
  engine.add_image("image", image);
  ContainerSpec spec;
  spec.image = "image";
  spec.network = network;
  const auto id = engine.create_container(spec);
  REQUIRE(id);
  REQUIRE(engine.start_container(*id));
  return *id;
}

}  // namespace

TEST_CASE("pools that share a range share its networks") {
  FakeEngine engine;
  NetworkPool one(engine, "10.9.0.0/23", {{"pool", "one"}}, "one");
  NetworkPool other(engine, "10.9.0.0/23", {{"pool", "other"}}, "other");
  const NetworkLease first = acquired(one);
  const NetworkLease second = acquired(other);
  CHECK(std::set{first.subnet.text(), second.subnet.text()} ==
        std::set<std::string>{"10.9.0.0/24", "10.9.1.0/24"});
  CHECK(networks(engine, {{"pool", "one"}}) == std::set{first.id});
  CHECK(networks(engine, {{"pool", "other"}}) == std::set{second.id});

  // What one has given back to the Engine is free for the other.
  CHECK_FALSE(other.acquire(false));
  one.release(first);
  one.close();
  CHECK(acquired(other).subnet == first.subnet);
}

TEST_CASE("a network that overlaps with another one of the machine is passed over") {
  const Names range = {"10.9.4.0/24", "10.9.5.0/24", "10.9.6.0/24", "10.9.7.0/24"};
  for (const std::string& free : range) {
    CAPTURE(free);
    FakeEngine engine;
    for (const std::string& subnet : range) {
      if (subnet != free) foreign_network(engine, subnet);
    }
    NetworkPool pool(engine, "10.9.4.0/22", pool_labels, "mine");
    CHECK(acquired(pool).subnet.text() == free);
  }
  // Also one that is larger than ours.
  FakeEngine engine;
  foreign_network(engine, "10.9.4.0/23");
  NetworkPool pool(engine, "10.9.4.0/22", pool_labels, "mine");
  CHECK(std::set{acquired(pool).subnet.text(), acquired(pool).subnet.text()} ==
        std::set<std::string>{"10.9.6.0/24", "10.9.7.0/24"});
}

TEST_CASE("a range without a free network is a limit, and says how to get more") {
  FakeEngine engine;
  NetworkPool pool(engine, "10.9.0.0/23", pool_labels, "mine");
  const NetworkLease first = acquired(pool);
  acquired(pool, true);
  const auto refused = pool.acquire(false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::limit_exceeded);
  const std::string& message = refused.error().message;
  CAPTURE(message);
  CHECK(message.find("none of the 2 networks") != std::string::npos);
  CHECK(message.find("docker network prune") != std::string::npos);
  CHECK(message.find("--network-cidr") != std::string::npos);

  // The pool is not worn out: what comes back is given again.
  pool.release(first);
  CHECK(acquired(pool).id == first.id);
}

TEST_CASE("what else the Engine says about a network ends the search") {
  FakeEngine engine;
  NetworkPool pool(engine, "10.9.0.0/22", pool_labels, "mine");
  engine.fail_next("create_network", {ErrorKind::unavailable, "away"});
  const auto refused = pool.acquire(false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::unavailable);
  CHECK(engine.calls() == Names{"create_network"});
}

TEST_CASE("up to three idle networks are kept, whatever was leased at once") {
  FakeEngine engine;
  std::vector<std::string> left;
  NetworkPool pool(engine, "10.9.0.0/16", pool_labels, "mine",
                   [&](const std::string& id) { left.push_back(id); });
  std::vector<NetworkLease> leases;
  for (int count = 0; count < 5; ++count) leases.push_back(acquired(pool));
  CHECK(engine.network_count() == 5);
  for (const NetworkLease& lease : leases) pool.release(lease);
  const std::set kept{leases[0].id, leases[1].id, leases[2].id};
  CHECK(networks(engine, pool_labels) == kept);
  CHECK(left == Names{leases[3].id, leases[4].id});

  // They are what the next jobs get, and a fourth one is made.
  std::set<std::string> again;
  for (int count = 0; count < 3; ++count) again.insert(acquired(pool).id);
  CHECK(again == kept);
  CHECK_FALSE(kept.contains(acquired(pool).id));
  CHECK(engine.network_count() == 4);
}

TEST_CASE("an idle network serves only who wants one of its kind") {
  FakeEngine engine;
  NetworkPool pool(engine, "10.9.0.0/16", pool_labels, "mine");
  const NetworkLease open = acquired(pool);
  pool.release(open);
  const NetworkLease isolated = acquired(pool, true);
  CHECK(isolated.isolated);
  CHECK(isolated.id != open.id);
  CHECK(acquired(pool).id == open.id);
}

TEST_CASE("sweeping removes what an earlier daemon left, and nothing else") {
  FakeEngine engine;
  const std::string left = foreign_network(engine, "10.9.0.0/24", pool_labels);
  const std::string used = foreign_network(engine, "10.9.1.0/24", pool_labels);
  const std::string foreign = foreign_network(engine, "10.9.2.0/24");
  const std::string container = running_container(engine, used);
  NetworkPool pool(engine, "10.9.0.0/16", pool_labels, "mine");
  const NetworkLease idle = acquired(pool);
  const NetworkLease leased = acquired(pool);
  const NetworkLease forgotten = acquired(pool);
  pool.release(idle);
  pool.forget(forgotten);

  CHECK(pool.sweep());
  CHECK(networks(engine, pool_labels) == std::set{used, idle.id, leased.id});
  CHECK(networks(engine, {}).contains(foreign));

  REQUIRE(engine.remove_container(container));
  CHECK(pool.sweep());
  CHECK(networks(engine, pool_labels) == std::set{idle.id, leased.id});

  pool.close();
  CHECK(networks(engine, pool_labels) == std::set{leased.id});
}

TEST_CASE("a sweep that the Engine breaks off says so") {
  FakeEngine engine;
  foreign_network(engine, "10.9.0.0/24", pool_labels);
  NetworkPool pool(engine, "10.9.0.0/16", pool_labels, "mine");
  for (const char* verb : {"list_networks", "remove_network"}) {
    CAPTURE(verb);
    engine.fail_next(verb, {ErrorKind::unavailable, "away"});
    const auto swept = pool.sweep();
    REQUIRE_FALSE(swept);
    CHECK(swept.error().kind == ErrorKind::unavailable);
    CHECK(engine.network_count() == 1);
  }
}

}  // namespace trainyard
