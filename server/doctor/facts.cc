#include "server/doctor/facts.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>

#include <grp.h>
#include <netdb.h>
#include <nlohmann/json.hpp>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "runtime/base/unique_fd.h"
#include "runtime/engine/docker_engine.h"
#include "runtime/engine/endpoint.h"
#include "runtime/store/data_directory.h"
#include "server/access_keys.h"
#include "server/doctor/trials.h"
#include "server/http_client.h"

namespace trainyard::server {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds health_patience{5};

bool lists_user(const group& entry, const passwd& user) {
  if (entry.gr_gid == user.pw_gid) return true;
  for (char** member = entry.gr_mem; *member != nullptr; ++member) {
    if (std::string_view(*member) == user.pw_name) return true;
  }
  return false;
}

fs::path nearest_existing(fs::path path) {
  std::error_code ignored;
  while (path.has_relative_path() && !fs::exists(path, ignored)) path = path.parent_path();
  return path;
}

// The errno of listening at `address`.
int try_to_listen(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found) !=
      0) {
    return EADDRNOTAVAIL;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  const UniqueFd fd(::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0));
  const int enabled = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &enabled, sizeof enabled);
  if (::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0) return errno;
  // Two may bind; only one listens.
  return ::listen(fd.get(), 1) == 0 ? 0 : errno;
}

bool trainyard_answers_at(const ListenAddress& address, const std::string& token) {
  const ListenAddress reachable = address.reachable();
  const BaseUrl base{reachable.host, reachable.port};
  StringSink body;
  const auto answer = http_get(base, "/_trainyard/health", body, health_patience, token);
  if (!answer || answer->status != 200) return false;
  const auto json = nlohmann::json::parse(body.text(), nullptr, false);
  return json.is_object() && json.value("status", nlohmann::json()) == "ok" &&
         json.contains("engine");
}

}  // namespace

SocketFacts look_at_socket(const std::string& path) {
  SocketFacts facts;
  facts.path = path;
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    // A socket in a directory that may not be searched is there, as far as anyone can tell.
    facts.exists = errno == EACCES;
    return facts;
  }
  facts.exists = true;
  facts.usable = ::access(path.c_str(), R_OK | W_OK) == 0;
  // Doctor has no other thread.
  const passwd* user = ::getpwuid(::geteuid());    // NOLINT(concurrency-mt-unsafe)
  const group* entry = ::getgrgid(status.st_gid);  // NOLINT(concurrency-mt-unsafe)
  facts.group = entry != nullptr ? entry->gr_name : std::to_string(status.st_gid);
  facts.user_in_group = entry != nullptr && user != nullptr && lists_user(*entry, *user);
  return facts;
}

PortFacts look_at_port(const ListenAddress& address, const std::string& token) {
  PortFacts facts{address};
  if (address.port == 0) return facts;
  facts.error_number = try_to_listen(address);
  if (facts.error_number != EADDRINUSE) return facts;
  facts.trainyard_answers = trainyard_answers_at(address, token);
  return facts;
}

DataDirectoryFacts look_at_data_directory(const fs::path& path) {
  DataDirectoryFacts facts{path, check_data_directory(path), std::nullopt};
  if (const auto holder = lock_holder(path); holder) facts.holder = *holder;
  return facts;
}

DiskFacts look_at_disk(std::string subject, const fs::path& path) {
  DiskFacts facts{std::move(subject), path, 0};
  struct statvfs status{};
  if (::statvfs(nearest_existing(path).c_str(), &status) != 0) {
    facts.free_bytes = failure(system_error(errno, "ask for the free space of " + path.string()));
  } else {
    facts.free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize;
  }
  return facts;
}

bool ufw_is_enabled(const fs::path& configuration) {
  std::ifstream file(configuration);
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("ENABLED=yes")) return true;
  }
  return false;
}

Facts gather_facts(const DoctorOptions& options) {
  Facts facts;
  facts.staging = options.staging;
  facts.network_cidr = options.network_cidr;
  facts.firewall = ufw_is_enabled("/etc/ufw/ufw.conf");
  const auto endpoint = choose_endpoint(options.docker_host, EndpointSurroundings::real());
  if (!endpoint) {
    facts.engine = failure(endpoint.error());
  } else {
    const auto engine = make_docker_engine(*endpoint);
    facts.engine = engine->info();
    if (facts.engine) {
      if (options.staging != StagingMethod::volume) {
        facts.sharing = try_sharing(*engine, options.data_dir);
      }
      facts.job_endpoint = try_job_endpoint(*engine, options.network_cidr);
    }
    if (endpoint->kind == EngineEndpoint::Kind::unix_socket) {
      facts.socket = look_at_socket(endpoint->path);
    }
  }
  facts.data_directory = look_at_data_directory(options.data_dir);
  facts.port = look_at_port(options.listen, own_control_token(options.data_dir));
  facts.disks.push_back(look_at_disk("data directory", options.data_dir));
  std::error_code ignored;
  if (facts.engine && facts.socket && fs::is_directory(facts.engine->root_directory, ignored)) {
    facts.disks.push_back(look_at_disk("Docker Engine", facts.engine->root_directory));
  }
  return facts;
}

}  // namespace trainyard::server
