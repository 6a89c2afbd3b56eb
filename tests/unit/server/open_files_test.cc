#include "server/open_files.h"

#include <algorithm>

#include <doctest/doctest.h>
#include <sys/resource.h>

namespace trainyard::server {

TEST_CASE("where there is room, connections are bounded by what is sensible") {
  CHECK(share_open_files(1 << 20, 1) == ConnectionShares{4096, 512});
  CHECK(share_open_files(1 << 20, 32) == ConnectionShares{4096, 512});
}

TEST_CASE("all connections together leave something of the limit") {
  for (const std::uint64_t limit : {1024U, 4096U, 65536U}) {
    for (const int jobs : {1, 2, 4}) {
      CAPTURE(limit);
      CAPTURE(jobs);
      const ConnectionShares shares = share_open_files(limit, jobs);
      const std::size_t all = shares.clients + static_cast<std::size_t>(jobs) * shares.each_job;
      CHECK(all + 256 <= limit);
      CHECK(shares.each_job >= 16);
      CHECK(shares.clients >= 64);
    }
  }
}

TEST_CASE("nobody is left without any, however low the limit is") {
  CHECK(share_open_files(256, 1) == ConnectionShares{64, 16});
  CHECK(share_open_files(1024, 100) == ConnectionShares{64, 16});
}

TEST_CASE("the soft limit is raised to the hard one") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(before.rlim_max, 512);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  CHECK(raise_open_file_limit() == before.rlim_max);
  rlimit after{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &after) == 0);
  CHECK(after.rlim_cur == before.rlim_max);
  CHECK(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

}  // namespace trainyard::server
