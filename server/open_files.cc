#include "server/open_files.h"

#include <algorithm>
#include <cerrno>

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include "runtime/base/result.h"
#include "server/http/limits.h"
#include "server/job_endpoint/job_endpoint_server.h"

namespace trainyard::server {

namespace {

// Databases, the Engine's event stream, files that are being served.
constexpr std::uint64_t reserve = 256;
// Its log, its connections to the Engine, what its requests have open.
constexpr std::uint64_t reserve_each_job = 64;

constexpr std::uint64_t fewest_clients = 64;
constexpr std::uint64_t fewest_each_job = 16;

}  // namespace

std::uint64_t raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (before < limit.rlim_max && ::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    spdlog::warn("{}", system_error(errno, "raising the limit of open files").message);
    limit.rlim_cur = before;
  }
  return limit.rlim_cur;
}

ConnectionShares share_open_files(std::uint64_t limit, int jobs) {
  const auto count = static_cast<std::uint64_t>(std::max(jobs, 1));
  const std::uint64_t kept = reserve + count * reserve_each_job;
  const std::uint64_t left = limit > kept ? limit - kept : 0;
  const auto clients = std::clamp<std::uint64_t>(left / 2, fewest_clients, Limits().connections);
  const std::uint64_t for_jobs = left > clients ? left - clients : 0;
  return {clients,
          std::clamp(for_jobs / count, fewest_each_job, JobEndpointServer::most_connections)};
}

}  // namespace trainyard::server
