#pragma once

// What `trainyard doctor` looks at, as plain values: gathered here, judged in checks.h.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "runtime/base/result.h"
#include "runtime/channel/sharing_probe.h"
#include "runtime/engine/container_engine.h"
#include "runtime/job/job_options.h"
#include "server/listen_address.h"
#include "server/options.h"

namespace trainyard::server {

// The Engine's socket, when it has one on this machine.
struct SocketFacts {
  std::string path;
  bool exists = false;
  bool usable = false;         // this process may read and write it
  std::string group;           // that owns it; its number when it has no name
  bool user_in_group = false;  // by the group's list, whether this session knows it or not
};

struct DiskFacts {
  std::string subject;  // what lies there: "data directory"
  std::filesystem::path path;
  Result<std::uint64_t> free_bytes;  // to this user
};

struct PortFacts {
  ListenAddress address;
  int error_number = 0;            // of listening there; 0 when it is free
  bool trainyard_answers = false;  // a daemon of ours has it
};

struct DataDirectoryFacts {
  std::filesystem::path path;
  Result<void> usable;
  std::optional<pid_t> holder;  // process of the daemon that runs in it
};

struct Facts {
  Result<EngineInfo> engine;
  std::optional<SocketFacts> socket;
  StagingMethod staging = StagingMethod::automatic;   // as chosen by option
  std::optional<Result<Sharing>> sharing{};           // by trial; nothing when there was none
  std::optional<Result<std::string>> job_endpoint{};  // address, by trial; the same
  bool firewall = false;  // ufw is on: it drops what containers send to this machine
  std::string network_cidr{};
  std::vector<DiskFacts> disks;
  PortFacts port;
  DataDirectoryFacts data_directory;
};

// Looks, and tries what can only be tried; leaves nothing behind.
Facts gather_facts(const DoctorOptions& options);

// Parts of it that depend on nothing but this machine.
SocketFacts look_at_socket(const std::string& path);
// `token`: see access_keys.h; of a daemon that asks for one.
PortFacts look_at_port(const ListenAddress& address, const std::string& token = "");
DataDirectoryFacts look_at_data_directory(const std::filesystem::path& path);
bool ufw_is_enabled(const std::filesystem::path& configuration);
DiskFacts look_at_disk(std::string subject, const std::filesystem::path& path);

}  // namespace trainyard::server
