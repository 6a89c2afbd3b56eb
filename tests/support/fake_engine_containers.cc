// FakeEngine: images and containers.

#include "tests/support/fake_container.h"
#include "tests/support/fake_engine.h"
#include "tests/support/fake_engine_verb.h"

namespace trainyard::testing {

Result<std::vector<std::string>> FakeEngine::list_images() {
  return verb("list_images", [&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> references;
    for (const auto& [reference, image] : images_) references.push_back(reference);
    return references;
  });
}

Result<ImageInfo> FakeEngine::inspect_image(const std::string& reference) {
  return verb("inspect_image", [&]() -> Result<ImageInfo> {
    const auto found = images_.find(with_tag(reference));
    if (found == images_.end()) return no_such("image", reference);
    const std::string digest =
        fmt::format("sha256:{:064x}", std::hash<std::string>{}(found->first));
    const bool pulled = registry_.contains(found->first);
    return ImageInfo{digest, pulled ? digest : "", found->second.user, "amd64",
                     found->second.has_entrypoint};
  });
}

Result<void> FakeEngine::pull_image(const std::string& reference,
                                    const std::optional<RegistryLogin>& login,
                                    const std::function<void(const std::string&)>& progress,
                                    std::stop_token stop) {
  std::vector<std::string> lines;
  {
    const std::lock_guard lock(mutex_);
    const auto found = registry_.find(with_tag(reference));
    if (found != registry_.end()) lines = found->second.pull_progress;
  }
  return verb("pull_image",
              [&]() -> Result<void> {
                if (stop.stop_requested())
                  return failure(ErrorKind::cancelled, "the pull was stopped");
                const auto found = registry_.find(with_tag(reference));
                if (found == registry_.end()) {
                  return failure(ErrorKind::not_found,
                                 fmt::format("manifest for {} not found", reference));
                }
                const auto& wanted = found->second.login;
                if (wanted && (!login || login->username != wanted->username ||
                               login->password != wanted->password)) {
                  return failure(ErrorKind::permission_denied,
                                 fmt::format("pull of {}: no basic auth credentials", reference));
                }
                images_.insert_or_assign(found->first, found->second);
                return {};
              })
      .map([&] {
        for (const std::string& line : lines) progress(line);
      });
}

Result<std::string> FakeEngine::create_container(const ContainerSpec& spec) {
  return verb("create_container", [&]() -> Result<std::string> {
    const auto image = images_.find(with_tag(spec.image));
    if (image == images_.end()) return no_such("image", spec.image);
    if (!spec.name.empty() && find(spec.name)) {
      return failure(ErrorKind::already_exists,
                     fmt::format("the container name {} is already in use", spec.name));
    }
    auto container = std::make_shared<FakeContainer>();
    container->spec = spec;
    container->image = image->second;
    container->tree = image->second.files;
    container->state.id = new_id();
    container->state.labels = spec.labels;
    TRY_VOID(attach_mounts(*container));
    containers_.emplace(container->state.id, container);
    emit(*container, "create");
    return container->state.id;
  });
}

Result<void> FakeEngine::start_container(const std::string& id) {
  return verb("start_container", [&]() -> Result<void> {
    TRY(ContainerPointer container, find(id));
    ContainerState& state = container->state;
    if (state.status == ContainerStatus::running) return {};
    if (!container->image.start_error.empty()) {
      state.error = container->image.start_error;
      state.exit_code = 127;
      return failure(ErrorKind::invalid_argument, state.error);
    }
    if (!container->spec.network.empty()) {
      Network* network = find_network(container->spec.network);
      if (network == nullptr) return no_such("network", container->spec.network);
      state.network_address =
          address_in_subnet(network->spec.subnet, 2 + network->addresses_given++);
      state.network = network->id;
    }
    state.status = ContainerStatus::running;
    state.started_at = tick();
    container->killed = false;
    emit(*container, "start");
    threads_.emplace_back(
        [this, container, program = container->image.program] { run_program(container, program); });
    return {};
  });
}

Result<ContainerState> FakeEngine::inspect_container(const std::string& id) {
  return verb("inspect_container", [&]() -> Result<ContainerState> {
    TRY(const ContainerPointer container, find(id));
    return container->state;
  });
}

Result<void> FakeEngine::signal_container(const std::string& id, const std::string& signal) {
  return verb("signal_container", [&]() -> Result<void> {
    TRY(const ContainerPointer container, find(id));
    if (container->state.status != ContainerStatus::running) return {};
    if (signal == "SIGKILL") {
      end(*container, 137);
    } else {
      container->signals.push_back(signal);
    }
    return {};
  });
}

Result<void> FakeEngine::remove_container(const std::string& id) {
  return verb("remove_container", [&]() -> Result<void> {
    const auto found = find(id);
    if (!found) return {};
    const ContainerPointer& container = *found;
    end(*container, 137);
    container->removed = true;
    for (const auto& [target, volume] : container->mounts) {
      if (volume->anonymous) volumes_.erase(volume->name);
    }
    emit(*container, "destroy");
    containers_.erase(container->state.id);
    return {};
  });
}

Result<std::vector<ContainerState>> FakeEngine::list_containers(const Labels& labels) {
  return verb("list_containers", [&]() -> Result<std::vector<ContainerState>> {
    std::vector<ContainerState> states;
    for (const auto& [id, container] : containers_) {
      if (carries(container->spec.labels, labels)) states.push_back(container->state);
    }
    return states;
  });
}

}  // namespace trainyard::testing
