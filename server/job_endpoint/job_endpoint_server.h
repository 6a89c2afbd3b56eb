#pragma once

// Where the containers of jobs reach the daemon: for each job a listener of its own, at an address
// of the job's network that no other network and no other machine has. Only the services that a
// training script uses answer there, only to containers of that network, and only to requests that
// are signed with a key of that job.
//
// The address is the gateway's, which on the Engine's machine is an address of that machine. Where
// it is none of ours because the daemon runs in a container itself, its container joins the
// network. Any thread.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/engine/container_engine.h"
#include "runtime/job/job_endpoint.h"
#include "server/front_door/front_door.h"
#include "server/http/http_server.h"
#include "server/job_endpoint/job_credentials.h"

namespace trainyard::server {

class JobEndpointServer final : public JobEndpoint {
 public:
  // Unless it is in use at the gateway's address. Below the range that the kernel gives to outgoing
  // connections, so that it is free again after a restart.
  static constexpr std::uint16_t usual_port = 4748;
  // In a network that our own container joins. The Engine gives addresses from the low end.
  static constexpr std::uint32_t own_number = 254;
  // A job's loader may open one for each of its workers.
  static constexpr std::size_t most_connections = 512;

  struct Settings {
    std::string secret;                          // what keys are made from
    std::vector<std::string> own_candidates;     // names that our own container may have
    std::size_t connections = most_connections;  // of one job; beyond them it waits for itself
  };

  JobEndpointServer(ContainerEngine& engine, const Clock& clock, Settings settings);
  ~JobEndpointServer() override;

  // STS that gives out keys of one job; they outlive it.
  using StsOfJob = std::function<ServiceHandler(api::CredentialStore& keys)>;
  // What the daemon serves; of it, containers reach what they may, and each job an STS of its own.
  // Before the first `open`.
  void serve(std::map<Service, ServiceHandler> services, StsOfJob sts);

  Result<Access> open(const Caller& caller) override;
  void close(const std::string& id) override;
  void leave(const std::string& network) override;

 private:
  struct Door {
    Access access;
    std::unique_ptr<JobCredentials> credentials;
    std::unique_ptr<FrontDoor> front_door;
    std::unique_ptr<HttpServer> http;
  };

  Result<std::shared_ptr<Door>> make_door(const Caller& caller);
  Result<void> listen(Door& door, const Caller& caller, const ListenAddress& address);
  Result<void> listen_at_usual_port(Door& door, const Caller& caller, const std::string& host);
  Result<void> join(const Caller& caller);
  // "" when we run in none of this Engine's.
  Result<std::string> own_container();

  ContainerEngine& engine_;
  const Clock& clock_;
  const Settings settings_;
  std::map<Service, ServiceHandler> services_;  // all but STS
  StsOfJob sts_;

  std::mutex membership_;  // held while our own container joins or leaves a network
  std::map<std::string, std::string> needed_;  // networks that it must not leave, by caller

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Door>> doors_;  // by caller
  std::optional<std::string> own_container_;            // id, "" for none; once it is known
};

}  // namespace trainyard::server
