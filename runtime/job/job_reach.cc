#include "runtime/job/container_plan.h"
#include "runtime/job/job_environment.h"
#include "runtime/job/job_work.h"

// How a job's container reaches the daemon.

namespace trainyard {

namespace {

std::string caller_id(const JobSpec& spec, JobId id) {
  return fmt::format("{}/{}", spec.name, id);
}

}  // namespace

// A job may well do without, so it is not failed for want of an endpoint.
Result<void> JobWork::open_endpoint() {
  if (site_.endpoint == nullptr || spec_.network_isolation || endpoint_) return {};
  auto access = site_.endpoint->open({caller_id(spec_, job_.id()), network_->id, network_->subnet,
                                      "", given_key(spec_, site_.options)});
  endpoint_fault_.clear();
  if (access) {
    endpoint_ = std::move(*access);
    return {};
  }
  if (access.error().kind == ErrorKind::unavailable) return failure(access.error());
  endpoint_fault_ = access.error().message;
  return {};
}

Result<void> JobWork::reopen_endpoint(const std::string& container) {
  if (site_.endpoint == nullptr || endpoint_ || all_known_) return {};
  const auto state = while_it_runs([&] { return site_.engine.inspect_container(container); });
  if (!state) {
    if (state.error().kind == ErrorKind::not_found) return {};  // whoever awaits its end tells
    return failure(state.error());
  }
  const auto told = state->labels.find(endpoint_label);
  const auto address = parse_ipv4(state->network_address);
  // Nothing was promised to it, or it has ended.
  if (told == state->labels.end() || !address) return {};
  auto access = with_engine(stop_, [&] {
    return site_.endpoint->open({caller_id(spec_, job_.id()), state->network,
                                 Ipv4Subnet(*address, job_network_prefix), told->second,
                                 given_key(spec_, site_.options)});
  });
  if (access) {
    endpoint_ = std::move(*access);
    return {};
  }
  if (access.error().kind == ErrorKind::cancelled) return failure(access.error());
  log_line_(
      fmt::format("S3, STS, Logs and CloudWatch of this daemon can be reached no more from "
                  "inside this job: {}",
                  access.error().message));
  return {};
}

void JobWork::give_back_network(bool emptied) {
  close_endpoint();
  if (!network_) return;
  if (emptied) {
    site_.networks.release(*network_);
  } else {
    site_.networks.forget(*network_);
  }
  network_.reset();
}

void JobWork::close_endpoint() {
  if (!endpoint_) return;
  site_.endpoint->close(caller_id(spec_, job_.id()));
  endpoint_.reset();
}

}  // namespace trainyard
