#pragma once

// The door to the container engine: the verbs that running a training job needs, in the project's
// own words. The real one speaks to a Docker Engine (runtime/engine/docker); the fake keeps
// everything in memory. Both pass the same contract tests.
//
// All members may be called from any thread, several at once. Calls block; those that can take long
// take a stop token and return ErrorKind::cancelled soon after it was asked to stop.
//
// Errors: `unavailable` means that the Engine cannot be reached or went away in the middle (try
// again later); `not_found`, `already_exists`, `conflict`, `invalid_argument`, `permission_denied`
// are the Engine's answers about the thing named. Messages carry the Engine's own text.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/base/stream.h"

namespace trainyard {

using Labels = std::map<std::string, std::string>;

struct EngineInfo {
  std::string version;         // of the Engine, e.g. "20.10.24"
  std::string api_version;     // the negotiated one, e.g. "1.41"
  std::string storage_driver;  // e.g. "overlay2"
  std::string root_directory;  // where the Engine keeps its data, on its own machine
  std::string endpoint;        // how we reach it, e.g. "unix:///var/run/docker.sock"
};

struct ImageInfo {
  std::string id;            // "sha256:…"
  std::string digest;        // first repository digest, "" when there is none
  std::string user;          // the image's USER, "" for root
  std::string architecture;  // e.g. "amd64"
  bool has_entrypoint = false;
};

struct VolumeMount {
  std::string target;  // absolute path in the container
  std::string volume;  // name; empty makes an anonymous volume that goes with the container
  Labels labels;       // of a volume that is made by this mount
  std::map<std::string, std::string> driver_options;  // of the local driver; empty for a plain one
};

struct ContainerSpec {
  std::string name;
  std::string image;
  std::optional<std::vector<std::string>> entrypoint;  // absent: the image's own
  std::optional<std::vector<std::string>> command;     // absent: the image's own
  std::vector<std::string> environment;                // NAME=VALUE
  std::string hostname;                                // empty: the Engine's choice
  Labels labels;
  std::vector<VolumeMount> mounts;
  std::string network;               // name or id; empty for none at all
  std::vector<std::string> aliases;  // names under which peers of the network find it
  std::vector<std::string> dns;      // resolvers instead of the Engine's
  std::uint64_t memory_bytes = 0;    // 0: no limit
  std::uint64_t shm_bytes = 0;       // 0: the Engine's default
};

enum class ContainerStatus { created, running, exited };

struct ContainerState {
  std::string id;
  ContainerStatus status = ContainerStatus::created;
  int exit_code = 0;
  bool out_of_memory = false;
  std::string error;  // why it could not be started, in the Engine's words
  Time started_at{};  // epoch when it never was
  Time finished_at{};
  Labels labels;
  std::string network_address;  // its IPv4 address in its network, "" when it has none
  std::string network;          // id of that network, "" when it has none
  // Where its volumes lie on the Engine's machine, by their targets in the container.
  std::map<std::string, std::string> mountpoints;
};

struct ResourceSummary {
  std::string id;  // of a volume: its name
  std::string name;
  Labels labels;
};

struct NetworkSpec {
  std::string name;
  std::string subnet;     // CIDR, e.g. "10.213.4.0/24"
  bool isolated = false;  // nothing but peers of the network can be reached, not even the host
  Labels labels;
};

// One frame of a container's output as the Engine recorded it. A line longer than the Engine's
// pieces comes as several frames; only the last one ends in a newline.
struct LogFrame {
  enum class Stream : std::uint8_t { out = 1, err = 2 };
  Stream stream = Stream::out;
  Time time{};
  std::string_view bytes;  // valid during the call only
};

struct ContainerEvent {
  std::string container_id;
  std::string action;        // "start", "die", "oom", "destroy", …
  bool reconnected = false;  // no event: the stream began (again), anything may have been missed
};

struct RegistryLogin {
  std::string username;
  std::string password;
  std::string server;
  std::string identity_token{};  // instead of name and password
};

class ContainerEngine {
 public:
  virtual ~ContainerEngine() = default;

  virtual Result<EngineInfo> info() = 0;

  virtual Result<ImageInfo> inspect_image(const std::string& reference) = 0;
  // Ids of the images that the Engine has.
  virtual Result<std::vector<std::string>> list_images() = 0;
  // Pulls one image; a reference without tag or digest means ":latest". `progress` is called with a
  // short line of text ("3 of 7 layers, 120 of 512 MB") at most a few times a second, on the
  // caller's thread. Errors: not_found (no such image), permission_denied (the registry refuses
  // us), unavailable (the Engine, or the registry, cannot be reached).
  virtual Result<void> pull_image(const std::string& reference,
                                  const std::optional<RegistryLogin>& login,
                                  const std::function<void(const std::string&)>& progress,
                                  std::stop_token stop) = 0;

  // Returns the id. already_exists when the name is taken.
  virtual Result<std::string> create_container(const ContainerSpec& spec) = 0;
  // Success too when it already runs. A command that cannot be executed is invalid_argument.
  virtual Result<void> start_container(const std::string& id) = 0;
  virtual Result<ContainerState> inspect_container(const std::string& id) = 0;
  // Success too when it does not run. `signal` is a name such as "SIGTERM".
  virtual Result<void> signal_container(const std::string& id, const std::string& signal) = 0;
  // With its anonymous volumes, running or not. Success when it does not exist.
  virtual Result<void> remove_container(const std::string& id) = 0;
  // Containers in any state that carry all of `labels`.
  virtual Result<std::vector<ContainerState>> list_containers(const Labels& labels) = 0;

  // Calls `on_frame` for each frame since `since` (inclusive, by the Engine's time stamps), in
  // order, and, when `follow`, for later ones until the container has ended. Returns when there are
  // no more, with what `on_frame` returned when that was an error, or `unavailable` when the stream
  // broke.
  virtual Result<void> read_logs(const std::string& id, Time since, bool follow,
                                 const std::function<Result<void>(const LogFrame&)>& on_frame,
                                 std::stop_token stop) = 0;

  // Extracts an uncompressed tar stream below `path` (a directory) of a container that is not
  // running, through its mounts.
  virtual Result<void> put_archive(const std::string& id, const std::string& path,
                                   const BodyProducer& tar, std::stop_token stop) = 0;
  // A tar stream of the file or directory at `path`; names begin with the last component of `path`.
  // A link at `path` itself is not followed. Destroying the source early ends the transfer.
  virtual Result<std::unique_ptr<ByteSource>> get_archive(const std::string& id,
                                                          const std::string& path,
                                                          std::stop_token stop) = 0;

  // Returns the directory on the Engine's machine where the volume lies.
  virtual Result<std::string> create_volume(const std::string& name, const Labels& labels) = 0;
  // Success when it does not exist; conflict while a container uses it.
  virtual Result<void> remove_volume(const std::string& name) = 0;
  virtual Result<std::vector<ResourceSummary>> list_volumes(const Labels& labels) = 0;

  // Returns the id. conflict when the subnet overlaps with another network of the machine.
  virtual Result<std::string> create_network(const NetworkSpec& spec) = 0;
  // Success when it does not exist; conflict while a container is attached.
  virtual Result<void> remove_network(const std::string& id) = 0;
  virtual Result<std::vector<ResourceSummary>> list_networks(const Labels& labels) = 0;
  // Gives a running container an address of one more network. Success too when it is in it already.
  virtual Result<void> connect_network(const std::string& network, const std::string& container,
                                       const std::string& address) = 0;
  // Success too when it is not in it.
  virtual Result<void> disconnect_network(const std::string& network,
                                          const std::string& container) = 0;

  // Calls `on_event` for events of containers that carry `labels`; first of all once with
  // `reconnected`. Returns `unavailable` when the stream broke, `cancelled` when asked to stop.
  virtual Result<void> watch_containers(const Labels& labels,
                                        const std::function<void(const ContainerEvent&)>& on_event,
                                        std::stop_token stop) = 0;
};

}  // namespace trainyard
