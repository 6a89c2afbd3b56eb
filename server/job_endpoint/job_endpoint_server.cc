#include "server/job_endpoint/job_endpoint_server.h"

#include <algorithm>
#include <array>
#include <utility>

#include <spdlog/spdlog.h>

#include "api/wire/protocol_error.h"
#include "server/job_endpoint/job_key.h"

namespace trainyard::server {

namespace {

constexpr std::size_t threads_per_job = 64;  // programs keep streams of many objects open
constexpr std::chrono::seconds close_grace{1};

// And STS, which each job has for itself.
constexpr std::array reachable_services = {Service::s3, Service::logs, Service::cloudwatch,
                                           Service::sagemaker_metrics};
constexpr std::array refused_services = {Service::control, Service::sagemaker, Service::iam,
                                         Service::sagemaker_runtime, Service::console};

api::Response refuse(const api::Request& request, const Destination& destination) {
  return api::error_response(
      destination.protocol, api::CommonError::access_denied,
      fmt::format("{} cannot be reached from inside a training job: only S3, STS, CloudWatch Logs "
                  "and CloudWatch can.",
                  to_string(destination.service)),
      request.id);
}

// Forms of web pages are signed inside, by a policy, and nobody sends one from here.
ServiceHandler without_forms(ServiceHandler serve) {
  return [serve = std::move(serve)](api::Request& request, const Destination& destination) {
    if (!destination.may_be_unsigned) return serve(request, destination);
    return api::error_response(
        destination.protocol, api::CommonError::access_denied,
        "Forms and questions of web pages are not answered inside a training job.", request.id);
  };
}

Limits limits_per_job(std::size_t connections) {
  Limits limits;
  limits.threads = threads_per_job;
  limits.connections = connections;
  return limits;
}

bool is_not_ours(const Error& error) {
  return error.kind == ErrorKind::invalid_argument;
}

}  // namespace

JobEndpointServer::JobEndpointServer(ContainerEngine& engine, const Clock& clock, Settings settings)
    : engine_(engine), clock_(clock), settings_(std::move(settings)) {
}

JobEndpointServer::~JobEndpointServer() = default;

void JobEndpointServer::serve(std::map<Service, ServiceHandler> services, StsOfJob sts) {
  for (const Service service : reachable_services) {
    if (const auto found = services.find(service); found != services.end()) {
      services_[service] = without_forms(std::move(found->second));
    }
  }
  for (const Service service : refused_services) services_[service] = refuse;
  sts_ = std::move(sts);
}

Result<JobEndpoint::Access> JobEndpointServer::open(const Caller& caller) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = doors_.find(caller.id); known != doors_.end()) {
      return known->second->access;
    }
  }
  {
    // Before it is needed: whoever tidies up meanwhile must not take us out of this network. After
    // a restart our own container may be in it already.
    const std::lock_guard lock(membership_);
    needed_[caller.id] = caller.network;
  }
  auto door = make_door(caller);
  if (!door) {
    const std::lock_guard lock(membership_);
    needed_.erase(caller.id);
    return failure(std::move(door).error());
  }
  const std::lock_guard lock(mutex_);
  doors_[caller.id] = *door;
  return (*door)->access;
}

Result<std::shared_ptr<JobEndpointServer::Door>> JobEndpointServer::make_door(
    const Caller& caller) {
  auto door = std::make_shared<Door>();
  door->access.key = job_key(settings_.secret, caller.id);
  door->credentials = std::make_unique<JobCredentials>(door->access.key, caller.given_key);
  if (!caller.address.empty()) {
    TRY(const ListenAddress told, parse_listen_address(caller.address));
    auto listening = listen(*door, caller, told);
    if (!listening && is_not_ours(listening.error())) {
      TRY_VOID(join(caller));
      listening = listen(*door, caller, told);
    }
    TRY_VOID(listening);
    return door;
  }
  auto listening =
      listen_at_usual_port(*door, caller, caller.subnet.address(Ipv4Subnet::gateway_number));
  if (!listening && is_not_ours(listening.error())) {
    TRY_VOID(join(caller));
    listening = listen_at_usual_port(*door, caller, caller.subnet.address(own_number));
  }
  TRY_VOID(listening);
  return door;
}

Result<void> JobEndpointServer::listen_at_usual_port(Door& door, const Caller& caller,
                                                     const std::string& host) {
  auto listening = listen(door, caller, {host, usual_port});
  if (listening || listening.error().kind != ErrorKind::already_exists) return listening;
  return listen(door, caller, {host, 0});
}

Result<void> JobEndpointServer::listen(Door& door, const Caller& caller,
                                       const ListenAddress& address) {
  GateRules rules;
  rules.hosts = {address.host};
  rules.only_from = caller.subnet;
  // Scripts may work with any region. The daemon's own routes have no key here.
  SignatureCheck signatures({*door.credentials, clock_, "", ""});
  auto services = services_;
  if (sts_) services[Service::sts] = without_forms(sts_(door.credentials->store()));
  door.front_door =
      std::make_unique<FrontDoor>(rules, std::move(services), AdmitsPage(), signatures);
  door.http = std::make_unique<HttpServer>(
      address,
      [front_door = door.front_door.get()](api::Request& request) {
        return front_door->answer(request);
      },
      limits_per_job(settings_.connections));
  TRY_VOID(door.http->start());
  door.access.address = ListenAddress{address.host, door.http->port()}.to_string();
  return {};
}

Result<void> JobEndpointServer::join(const Caller& caller) {
  TRY(const std::string own, own_container());
  if (own.empty()) {
    return failure(ErrorKind::unsupported,
                   "the addresses of the Engine's networks are none of this machine's (as with a "
                   "remote or rootless Engine, or Docker Desktop), and the daemon runs in no "
                   "container of that Engine, which could join them. Run the daemon in a container "
                   "of the Engine, or give jobs their data by channels");
  }
  const std::lock_guard lock(membership_);
  return engine_.connect_network(caller.network, own, caller.subnet.address(own_number));
}

Result<std::string> JobEndpointServer::own_container() {
  {
    const std::lock_guard lock(mutex_);
    if (own_container_) return *own_container_;
  }
  std::string own;
  for (const std::string& candidate : settings_.own_candidates) {
    const auto state = engine_.inspect_container(candidate);
    if (!state && state.error().kind != ErrorKind::not_found) return failure(state.error());
    if (!state || state->status != ContainerStatus::running) continue;
    own = state->id;
    break;
  }
  const std::lock_guard lock(mutex_);
  own_container_ = own;
  return own;
}

void JobEndpointServer::close(const std::string& id) {
  std::shared_ptr<Door> door;
  {
    const std::lock_guard lock(mutex_);
    const auto known = doors_.find(id);
    if (known == doors_.end()) return;
    door = std::move(known->second);
    doors_.erase(known);
  }
  door->http->stop(close_grace);
  const std::lock_guard lock(membership_);
  needed_.erase(id);
}

void JobEndpointServer::leave(const std::string& network) {
  const auto own = own_container();
  if (!own || own->empty()) return;
  const std::lock_guard lock(membership_);
  const bool needed = std::any_of(needed_.begin(), needed_.end(),
                                  [&](const auto& entry) { return entry.second == network; });
  if (needed) return;
  if (const auto left = engine_.disconnect_network(network, *own); !left) {
    spdlog::debug("leaving a job network: {}", left.error().message);
  }
}

}  // namespace trainyard::server
