#pragma once

// How this machine runs its training jobs: what the daemon's owner chose, the same for every job.
// Made once at start, from options that have been checked; never changed afterwards.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace trainyard {

// When an image is pulled from its registry before a job starts.
enum class PullPolicy { missing, never, always };

// For which ended jobs containers, networks, volumes and scratch directories are left in place.
enum class KeepPolicy { never, failed, always };

// How a channel's data is laid out for the container.
enum class StagingMethod {
  automatic,  // the first of the others that works here, probed at first use
  overlay,    // an overlay over hard links to the source
  copy,       // an overlay over a private copy of the source
  volume,     // a volume of the Engine, filled through its archive API; works everywhere
};

// The names that options and reports use: "missing", "failed", "auto", …
std::string_view to_string(PullPolicy policy);
std::string_view to_string(KeepPolicy policy);
std::string_view to_string(StagingMethod method);
std::optional<PullPolicy> pull_policy_from_string(std::string_view text);
std::optional<KeepPolicy> keep_policy_from_string(std::string_view text);
std::optional<StagingMethod> staging_method_from_string(std::string_view text);

struct JobOptions {
  std::string region = "us-east-1";
  std::string account_id = "123456789012";
  int max_instances = 8;               // container hosts at once, of all jobs together
  std::uint64_t job_memory_bytes = 0;  // of one container; 0: no limit
  std::uint64_t shm_bytes = std::uint64_t{8} << 30;  // size of a container's /dev/shm
  std::string network_cidr = "10.213.0.0/16";        // job networks are /24s of it
  PullPolicy pull = PullPolicy::missing;
  std::map<std::string, std::string> image_aliases;  // image of the request → image that runs
  std::map<std::string, std::string> environment;    // of every container; the request's wins
  std::string certificates;  // PEM; trusted by every container beside what it trusts anyway
  bool pip_cache = false;    // one cache of pip's for the containers of all jobs
  std::chrono::seconds stop_grace{120};  // from SIGTERM to SIGKILL
  KeepPolicy keep = KeepPolicy::never;
  StagingMethod staging = StagingMethod::automatic;
  std::chrono::seconds engine_wait{300};  // how long a job waits for an Engine that is away
};

}  // namespace trainyard
