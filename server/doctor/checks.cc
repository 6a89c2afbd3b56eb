#include "server/doctor/checks.h"

#include <cerrno>
#include <system_error>

namespace trainyard::server {

namespace {

constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;
constexpr std::uint64_t too_little_disk = gibibyte / 4;
constexpr std::uint64_t little_disk = 5 * gibibyte;

std::string readable_size(std::uint64_t bytes) {
  if (bytes < gibibyte) return fmt::format("{} MiB", bytes >> 20);
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / static_cast<double>(gibibyte));
}

Check check(Verdict verdict, std::string subject, std::string finding, std::string remedy = "") {
  return {verdict, std::move(subject), std::move(finding), std::move(remedy)};
}

}  // namespace

Check check_engine(const Facts& facts) {
  const std::string subject = "Docker Engine";
  if (!facts.engine) {
    const bool rights = facts.socket && facts.socket->exists && !facts.socket->usable;
    return check(Verdict::problem, subject, facts.engine.error().message,
                 rights ? "get the rights on its socket, see below"
                        : "make sure that \"docker version\" shows a server, then run this again");
  }
  const EngineInfo& engine = *facts.engine;
  std::string finding =
      fmt::format("version {} answers at {} (API {}, storage driver {})", engine.version,
                  engine.endpoint, engine.api_version, engine.storage_driver);
  if (engine.storage_driver != "vfs") return check(Verdict::ok, subject, std::move(finding));
  return check(Verdict::warning, subject, std::move(finding),
               "vfs copies whole images for each container; let the Engine use overlay2");
}

Check check_rights(const Facts& facts) {
  const std::string subject = "Rights on the socket";
  if (!facts.socket)
    return check(Verdict::ok, subject, "not needed, since the Engine is not reached through one");
  const SocketFacts& socket = *facts.socket;
  if (!socket.exists) {
    return check(Verdict::problem, subject, socket.path + " does not exist",
                 "install and start a Docker Engine (\"sudo systemctl start docker\"), or name "
                 "another one with --docker-host");
  }
  if (socket.usable) return check(Verdict::ok, subject, "this user may use " + socket.path);
  std::string finding = "this user may not use " + socket.path;
  if (socket.user_in_group) {
    return check(Verdict::problem, subject, std::move(finding),
                 fmt::format("you are in the group {0}, but this session began before; log in "
                             "again, or run \"newgrp {0}\"",
                             socket.group));
  }
  const bool by_group = !socket.group.empty() && socket.group != "root";
  return check(Verdict::problem, subject, std::move(finding),
               by_group
                   ? fmt::format("\"sudo usermod -aG {} $USER\", then log in again", socket.group)
                   : "let the Engine give its socket to the group docker, and join that group");
}

Check check_staging(const Facts& facts) {
  const std::string subject = "Staging of data";
  const std::string wanted(to_string(facts.staging));
  const bool automatic = facts.staging == StagingMethod::automatic;
  if (facts.staging == StagingMethod::volume) {
    return check(Verdict::ok, subject, "volume, as --staging says");
  }
  if (!facts.engine) {
    return check(automatic ? Verdict::ok : Verdict::warning, subject,
                 wanted + ", to be probed when the Engine answers",
                 automatic ? "" : "start the Engine");
  }
  if (!facts.sharing) {
    const std::string later = "the Engine has no image to try it with; the first job will tell";
    return check(Verdict::ok, subject, fmt::format("{}: {}", wanted, later));
  }
  const Result<Sharing>& sharing = *facts.sharing;
  if (sharing && sharing->shared) {
    return check(Verdict::ok, subject,
                 automatic ? "small channels by volume, others by overlay or copy: the Engine sees "
                             "this machine's files"
                           : wanted + ", as --staging says: the Engine sees this machine's files");
  }
  const std::string why = sharing ? sharing->reason : sharing.error().message;
  if (automatic) return check(Verdict::ok, subject, "volume, since " + why);
  return check(Verdict::problem, subject, fmt::format("{} cannot work: {}", wanted, why),
               "leave --staging out, or use --staging volume");
}

Check check_job_endpoint(const Facts& facts) {
  const std::string subject = "Inside of jobs";
  if (!facts.job_endpoint)
    return check(Verdict::ok, subject, "to be tried when the Engine answers");
  const Result<std::string>& address = *facts.job_endpoint;
  if (!address) {
    const bool no_network = address.error().kind == ErrorKind::limit_exceeded;
    return check(no_network ? Verdict::problem : Verdict::warning, subject,
                 "containers cannot reach this daemon: " + address.error().message,
                 no_network ? "give another range with --network-cidr"
                            : "jobs whose scripts use S3 themselves, or whose images fetch their "
                              "code, need it; others do not");
  }
  std::string finding =
      "containers reach S3, STS, Logs and CloudWatch of this daemon, as at " + *address;
  if (!facts.firewall) return check(Verdict::ok, subject, std::move(finding));
  return check(Verdict::warning, subject,
               finding + ", unless the firewall of this machine (ufw) keeps them away",
               fmt::format("\"sudo ufw allow proto tcp from {} to {}\"", facts.network_cidr,
                           facts.network_cidr));
}

Check check_disk(const DiskFacts& disk) {
  const std::string subject = "Disk of the " + disk.subject;
  if (!disk.free_bytes) {
    return check(Verdict::warning, subject, disk.free_bytes.error().message,
                 "make sure that there is room for data, images and models");
  }
  std::string finding =
      fmt::format("{} free at {}", readable_size(*disk.free_bytes), disk.path.string());
  if (*disk.free_bytes >= little_disk) return check(Verdict::ok, subject, std::move(finding));
  return check(*disk.free_bytes < too_little_disk ? Verdict::problem : Verdict::warning, subject,
               std::move(finding),
               disk.subject == "data directory"
                   ? "free some space, or put the data elsewhere with --data-dir"
                   : "free some space, for example with \"docker system prune\"");
}

Check check_port(const PortFacts& port) {
  const std::string subject = "Address";
  const std::string address = port.address.to_string();
  if (port.address.port == 0) return check(Verdict::ok, subject, "a free port will be picked");
  switch (port.error_number) {
    case 0:
      return check(Verdict::ok, subject, address + " is free");
    case EADDRINUSE:
      if (port.trainyard_answers) {
        return check(Verdict::ok, subject, "a Trainyard answers at " + address);
      }
      return check(Verdict::problem, subject, "another program listens at " + address,
                   "end that program, or choose another port with --listen");
    case EADDRNOTAVAIL:
      return check(Verdict::problem, subject, address + " is no address of this machine",
                   "choose another with --listen, such as 127.0.0.1:4747");
    case EACCES:
      return check(Verdict::problem, subject, "this user may not listen at " + address,
                   "choose a port above 1023 with --listen");
    default:
      return check(Verdict::problem, subject,
                   fmt::format("cannot listen at {}: {}", address,
                               std::generic_category().message(port.error_number)),
                   "choose another address with --listen");
  }
}

Check check_data_directory(const DataDirectoryFacts& directory) {
  const std::string subject = "Data directory";
  if (!directory.usable) {
    return check(Verdict::problem, subject, directory.usable.error().message,
                 "choose another with --data-dir");
  }
  std::string finding = directory.path.string();
  if (!directory.holder) return check(Verdict::ok, subject, finding + " can be used");
  finding += " is used by the Trainyard that runs";
  if (*directory.holder > 0) finding += fmt::format(" (process {})", *directory.holder);
  return check(Verdict::ok, subject, std::move(finding));
}

std::vector<Check> check_all(const Facts& facts) {
  std::vector<Check> checks = {check_engine(facts), check_rights(facts), check_staging(facts),
                               check_job_endpoint(facts)};
  for (const DiskFacts& disk : facts.disks) checks.push_back(check_disk(disk));
  checks.push_back(check_port(facts.port));
  checks.push_back(check_data_directory(facts.data_directory));
  return checks;
}

}  // namespace trainyard::server
