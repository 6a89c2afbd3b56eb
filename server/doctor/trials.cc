#include "server/doctor/trials.h"

#include <system_error>

#include <unistd.h>

#include "runtime/engine/own_container.h"
#include "runtime/job/network_pool.h"
#include "server/job_endpoint/job_endpoint_server.h"

namespace trainyard::server {

namespace {

namespace fs = std::filesystem;

// None of a data directory's, so that no daemon sweeps it away meanwhile.
Labels doctor_labels() {
  return {{"trainyard.doctor", std::to_string(::getpid())}};
}

// A directory for the time of a trial, on the file system of the data directory: in it, or beside
// where it will be.
class TrialDirectory {
 public:
  explicit TrialDirectory(const fs::path& data_directory) {
    fs::path parent = data_directory;
    while (parent.has_relative_path() && !fs::is_directory(parent, error_)) {
      parent = parent.parent_path();
    }
    path_ = parent / fmt::format(".trainyard-doctor-{}", ::getpid());
    fs::create_directory(path_, error_);
  }
  ~TrialDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TrialDirectory(const TrialDirectory&) = delete;
  TrialDirectory& operator=(const TrialDirectory&) = delete;

  const fs::path& path() const { return path_; }
  const std::error_code& error() const { return error_; }

 private:
  fs::path path_;
  std::error_code error_;
};

}  // namespace

std::optional<Result<Sharing>> try_sharing(ContainerEngine& engine,
                                           const fs::path& data_directory) {
  const auto images = engine.list_images();
  if (!images) return failure(images.error());
  if (images->empty()) return std::nullopt;
  const TrialDirectory directory(data_directory);
  if (directory.error()) {
    return failure(system_error(directory.error().value(), directory.path().string()));
  }
  SystemClock clock;
  SharingProbe probe(engine, clock, directory.path());
  return probe.probe(images->front(), doctor_labels(), {});
}

Result<std::string> try_job_endpoint(ContainerEngine& engine, const std::string& network_cidr) {
  constexpr char caller[] = "doctor";
  const SystemClock clock;
  JobEndpointServer endpoint(engine, clock, {caller, own_container_candidates()});
  NetworkPool networks(engine, network_cidr, doctor_labels(),
                       fmt::format("trainyard-doctor-{}", ::getpid()),
                       [&](const std::string& network) { endpoint.leave(network); });
  TRY(const NetworkLease lease, networks.acquire(false));
  const auto access = endpoint.open({caller, lease.id, lease.subnet, "", std::nullopt});
  endpoint.close(caller);
  networks.release(lease);
  networks.close();
  if (!access) return failure(access.error());
  return access->address;
}

}  // namespace trainyard::server
