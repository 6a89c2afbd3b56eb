#include <filesystem>

#include "runtime/channel/opt_ml.h"
#include "runtime/engine/credential_helper.h"
#include "runtime/engine/endpoint.h"
#include "runtime/job/container_plan.h"
#include "runtime/job/job_work.h"
#include "runtime/job/machine_files.h"

// How a job's container comes to run: image, data, network, container.

namespace trainyard {

namespace {

constexpr std::chrono::seconds helper_patience{30};  // some ask a service far away

// Puts a prefix before an error's text, unless the error says that the Engine is away or that the
// work is no longer wanted.
Error explained(Error error, std::string_view prefix) {
  if (error.kind != ErrorKind::unavailable && error.kind != ErrorKind::cancelled) {
    error.message = fmt::format("{}{}", prefix, error.message);
  }
  return error;
}

// `login_fault`: why a login that there should be was not used.
Error pull_error(const Error& error, const std::string& image, const std::string& login_fault) {
  switch (error.kind) {
    case ErrorKind::unavailable:
    case ErrorKind::cancelled:
      return error;
    case ErrorKind::not_found:
      return {ErrorKind::not_found,
              fmt::format("ClientError: the training image {} does not exist in its registry: {}. "
                          "Check the name and the tag, or let a local image stand for it with "
                          "--image-alias {}=IMAGE",
                          image, error.message, image)};
    case ErrorKind::permission_denied:
      return {error.kind,
              fmt::format("ClientError: Access denied for repository of the training image {}: {}. "
                          "Log in with docker login {}{}",
                          image, error.message, registry_of(image),
                          login_fault.empty() ? "" : fmt::format(" ({})", login_fault))};
    default:
      return {error.kind,
              fmt::format("ClientError: the training image {} could not be pulled: {}. Where its "
                          "registry cannot be reached, bring the image by docker load, or let a "
                          "local image stand for it with --image-alias {}=IMAGE",
                          image, error.message, image)};
  }
}

Result<std::optional<RegistryLogin>> find_login(const std::string& image,
                                                const std::stop_token& stop) {
  const auto config_file = docker_config_file(EndpointSurroundings::real());
  TRY(const RegistryLoginFinding found, find_registry_login(image, config_file));
  if (found.credential_helper.empty()) return found.login;
  TRY(RegistryLogin login,
      ask_credential_helper(found.credential_helper, found.helper_server, helper_patience, stop));
  return login;
}

}  // namespace

Result<JobEvent> JobWork::prepare() {
  TRY_VOID(require_log());
  const std::stop_token stop = job_.preparation_stop_.get_token();
  // The last request of the daemon before may be under way in the Engine still.
  if (job_.resumed_) job_.leaves_something();
  if (all_known_ && site_.options.keep != KeepPolicy::never) {
    // Of an earlier job of this name, removed just now: its container must not be taken for ours.
    TRY_VOID(with_engine(stop, [&] { return remove_leftovers(); }));
  }
  return with_engine(stop, [&] { return prepare_once(stop); });
}

Result<JobEvent> JobWork::prepare_once(std::stop_token stop) {
  if (!all_known_) {
    // An earlier attempt may have got as far as a running container.
    TRY(const auto containers, through_bad_answers(stop, [&] { return list_own(); }));
    for (const ContainerState& state : containers) {
      if (state.status != ContainerStatus::created) return adopt(state.id, stop);
    }
    TRY_VOID(remove_leftovers());
  }
  all_known_ = false;
  TRY(const ImageInfo image, fetch_image(stop));
  job_.show("");
  TRY_VOID(create(image, stop));
  auto started = start(std::move(stop));
  all_known_ = started.has_value();
  return started;
}

Result<JobEvent> JobWork::adopt(const std::string& container, std::stop_token stop) {
  TRY(const ContainerState state, inspect(container, std::move(stop)));
  const std::lock_guard lock(job_.mutex_);
  job_.container_ = container;
  job_.look_ = true;
  JobEvent event;
  event.kind = JobEvent::Kind::training_started;
  event.time = state.started_at;
  return event;
}

Result<ImageInfo> JobWork::fetch_image(std::stop_token stop) {
  const std::string& image = spec_.image;
  if (site_.options.pull != PullPolicy::always) {
    auto info = site_.engine.inspect_image(image);
    if (!info && info.error().kind == ErrorKind::invalid_argument) {
      return failure(info.error().kind, fmt::format("ClientError: {} is no name of an image: {}",
                                                    image, info.error().message));
    }
    if (info || info.error().kind != ErrorKind::not_found) return info;
    if (site_.options.pull == PullPolicy::never) {
      return failure(ErrorKind::not_found,
                     fmt::format("ClientError: the training image {} is not on this machine, and "
                                 "--pull never forbids to pull it: docker pull it, or let a local "
                                 "image stand for it with --image-alias {}=IMAGE",
                                 image, image));
    }
  }
  TRY_VOID(pull(image, stop));
  return site_.engine.inspect_image(image);
}

Result<void> JobWork::pull(const std::string& image, std::stop_token stop) {
  job_.show(std::string(status_message::pulling));
  std::string login_fault;
  const auto login = find_login(image, stop);
  if (!login) {
    if (login.error().kind == ErrorKind::cancelled) return failure(login.error());
    login_fault = login.error().message;
    log_line_("the registry login could not be read: " + login_fault);
  }
  const auto pulled = site_.engine.pull_image(
      image, login.value_or(std::nullopt),
      [&](const std::string& progress) {
        job_.show(fmt::format("{}: {}", status_message::pulling, progress));
      },
      stop);
  if (pulled) return {};
  Error error = pulled.error();
  // A registry that cannot be reached is no Engine that is away: waiting for it is not what the
  // user asked for.
  if (error.kind == ErrorKind::unavailable && engine_answers()) error.kind = ErrorKind::timed_out;
  return failure(pull_error(error, image, login_fault));
}

Result<void> JobWork::remove_old_containers() {
  Labels labels = host_labels(site_.data_directory_id, spec_.name, job_.id());
  labels.erase(job_id_label);
  TRY(const auto containers, site_.engine.list_containers(labels));
  for (const ContainerState& state : containers) {
    TRY_VOID(site_.engine.remove_container(state.id));
  }
  return {};
}

bool JobWork::engine_answers() {
  return site_.engine.info().has_value();
}

Result<void> JobWork::create(const ImageInfo& image, std::stop_token stop) {
  auto staged = site_.stager.stage(spec_, image, labels_, log_line_, stop);
  if (!staged) return failure(explained(staged.error(), "ClientError: Data download failed:"));
  volumes_ = staged->volumes;

  if (!network_) {
    auto lease = site_.networks.acquire(spec_.network_isolation);
    if (!lease) {
      const bool full = lease.error().kind == ErrorKind::limit_exceeded;
      return failure(
          explained(lease.error(),
                    full ? "CapacityError: " : "InternalServerError: the job has no network: "));
    }
    network_ = *lease;
  }
  TRY_VOID(open_endpoint());
  ContainerSpec plan = plan_container(spec_, site_.options, site_.data_directory_id, job_.id(),
                                      endpoint_, machine_variables(site_, image));
  plan.mounts = staged->mounts;
  for (VolumeMount& mount : machine_mounts(site_)) plan.mounts.push_back(std::move(mount));
  plan.network = network_->id;
  auto id = site_.engine.create_container(plan);
  if (!id && id.error().kind == ErrorKind::already_exists) {
    // Of an earlier job of this name, which could not be removed then.
    TRY_VOID(remove_old_containers());
    id = site_.engine.create_container(plan);
  }
  if (!id) {
    return failure(explained(id.error(), "ClientError: the container could not be created: "));
  }
  {
    const std::lock_guard lock(job_.mutex_);
    job_.container_ = *id;
  }
  const auto filled = site_.stager.fill(*id, *staged, stop);
  if (!filled) return failure(explained(filled.error(), "ClientError: Data download failed:"));
  const auto put = put_machine_files(site_, image, *id, stop);
  if (!put) return failure(explained(put.error(), "InternalServerError: "));
  return {};
}

Result<JobEvent> JobWork::start(std::stop_token stop) {
  const std::string id = job_.container();
  const auto started = site_.engine.start_container(id);
  if (!started && started.error().kind == ErrorKind::not_found) {
    // The container exists, so it is its network that somebody removed while it lay idle.
    close_endpoint();
    site_.networks.forget(*network_);
    network_.reset();
    return failure(ErrorKind::unavailable, started.error().message);
  }
  if (!started && started.error().kind == ErrorKind::unavailable) return failure(started.error());
  TRY(const ContainerState state, inspect(id, std::move(stop)));
  if (!started && started.error().kind == ErrorKind::invalid_argument) {
    return failure(
        started.error().kind,
        fmt::format("AlgorithmError: the container could not be started: {}. The image "
                    "needs an executable named train on its PATH, or an ENTRYPOINT, or "
                    "the request a ContainerEntrypoint, exit code: {}",
                    started.error().message, state.exit_code == 0 ? 127 : state.exit_code));
  }
  // Whatever else the Engine said, what runs was started.
  if (!started && state.status == ContainerStatus::created) {
    return failure(
        explained(started.error(), "InternalServerError: the container could not be started: "));
  }
  if (!endpoint_fault_.empty()) {
    log_line_(
        fmt::format("S3, STS, Logs and CloudWatch of this daemon cannot be reached from "
                    "inside this job: {}",
                    endpoint_fault_));
  }
  if (state.status == ContainerStatus::exited) job_.look(id);
  JobEvent event;
  event.kind = JobEvent::Kind::training_started;
  event.time = state.started_at;
  return event;
}

}  // namespace trainyard
