#include "tests/support/fake_engine.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "tests/support/fake_container.h"

namespace trainyard::testing {
namespace {

constexpr std::size_t log_piece_bytes = 16 * 1024;

// 2026-01-01T00:00:00Z
constexpr Time first_time{std::chrono::seconds(1'767'225'600)};

tl::unexpected<Error> away() {
  return failure(ErrorKind::unavailable, "the fake Engine is away");
}

tl::unexpected<Error> nothing(const char* noun, const std::string& name) {
  return failure(ErrorKind::not_found, fmt::format("No such {}: {}", noun, name));
}

}  // namespace

FakeEngine::FakeEngine(const Clock* clock)
    : clock_(clock), last_time_(clock == nullptr ? first_time : Time{}) {
}

FakeEngine::~FakeEngine() {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, container] : containers_) container->killed = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

template <typename Body>
auto FakeEngine::verb(const std::string& name, Body body) -> decltype(body()) {
  TRY_VOID(enter(name));
  auto result = [&] {
    const std::lock_guard lock(mutex_);
    return body();
  }();
  changed_.notify_all();
  const std::lock_guard lock(mutex_);
  if (auto lost = lost_replies_.find(name); lost != lost_replies_.end() && lost->second > 0) {
    --lost->second;
    return away();
  }
  return result;
}

Result<void> FakeEngine::enter(const std::string& name) {
  std::function<void(const std::string&)> hook;
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(name);
    hook = hook_;
  }
  if (hook) hook(name);
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  if (auto& faults = faults_[name]; !faults.empty()) {
    Error error = std::move(faults.front());
    faults.pop_front();
    return failure(std::move(error));
  }
  return {};
}

// ---- what the test prepares and looks at ----

void FakeEngine::add_image(const std::string& reference, FakeImage image) {
  const std::lock_guard lock(mutex_);
  images_.insert_or_assign(with_tag(reference), std::move(image));
}

void FakeEngine::add_registry_image(const std::string& reference, FakeImage image) {
  const std::lock_guard lock(mutex_);
  registry_.insert_or_assign(with_tag(reference), std::move(image));
}

void FakeEngine::fail_next(const std::string& verb, Error error, int times) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) faults_[verb].push_back(error);
}

void FakeEngine::lose_next_reply(const std::string& verb) {
  const std::lock_guard lock(mutex_);
  ++lost_replies_[verb];
}

void FakeEngine::set_available(bool available) {
  {
    const std::lock_guard lock(mutex_);
    if (available_ && !available) ++outages_;
    available_ = available;
  }
  changed_.notify_all();
}

void FakeEngine::set_hook(std::function<void(const std::string&)> hook) {
  const std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}

std::size_t FakeEngine::container_count() const {
  const std::lock_guard lock(mutex_);
  return containers_.size();
}

std::size_t FakeEngine::volume_count() const {
  const std::lock_guard lock(mutex_);
  return volumes_.size();
}

std::size_t FakeEngine::network_count() const {
  const std::lock_guard lock(mutex_);
  return networks_.size();
}

std::vector<std::string> FakeEngine::container_ids() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, container] : containers_) ids.push_back(id);
  return ids;
}

ContainerSpec FakeEngine::spec_of(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto container = find(id);
  return container ? (*container)->spec : ContainerSpec{};
}

std::optional<std::string> FakeEngine::file_of(const std::string& id,
                                               const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto container = find(id);
  return container ? (*container)->content(path) : std::nullopt;
}

std::vector<std::string> FakeEngine::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void FakeEngine::wait_until_exited(const std::string& id) {
  std::unique_lock lock(mutex_);
  const auto container = find(id);
  if (!container) return;
  changed_.wait(lock, [&] {
    return (*container)->removed || (*container)->state.status == ContainerStatus::exited;
  });
}

// ---- under the lock ----

Time FakeEngine::tick() {
  last_time_ = clock_ != nullptr ? std::max(clock_->now(), last_time_)
                                 : last_time_ + std::chrono::milliseconds(1);
  return last_time_;
}

std::string FakeEngine::new_id() {
  return fmt::format("{:064x}", 0xfa4e0000 + ++ids_given_);
}

Result<FakeEngine::ContainerPointer> FakeEngine::find(const std::string& id) const {
  if (const auto found = containers_.find(id); found != containers_.end()) return found->second;
  for (const auto& [other, container] : containers_) {
    if (container->spec.name == id && !id.empty()) return container;
  }
  return nothing("container", id);
}

FakeEngine::Network* FakeEngine::find_network(const std::string& id) {
  for (auto& [key, network] : networks_) {
    if (key == id || network.spec.name == id) return &network;
  }
  return nullptr;
}

bool FakeEngine::network_in_use(const Network& network) const {
  return std::ranges::any_of(containers_, [&](const auto& entry) {
    const FakeContainer& container = *entry.second;
    return container.state.status == ContainerStatus::running &&
           (container.spec.network == network.id || container.spec.network == network.spec.name);
  });
}

void FakeEngine::emit(const FakeContainer& container, const std::string& action) {
  events_.push_back({{container.state.id, action, false}, container.spec.labels});
}

void FakeEngine::end(FakeContainer& container, int exit_code) {
  container.killed = true;
  if (container.state.status != ContainerStatus::running) return;
  container.state.status = ContainerStatus::exited;
  container.state.exit_code = exit_code;
  container.state.finished_at = tick();
  container.state.network_address.clear();
  emit(container, "die");
  changed_.notify_all();
}

void FakeEngine::append_log(FakeContainer& container, std::string_view text,
                            LogFrame::Stream stream) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    const Time time = tick();
    for (std::size_t at = 0; at < line.size(); at += log_piece_bytes) {
      container.logs.push_back({stream, time, std::string(line.substr(at, log_piece_bytes))});
    }
    text.remove_prefix(line.size());
  }
}

Result<void> FakeEngine::attach_mounts(FakeContainer& container) {
  for (const VolumeMount& mount : container.spec.mounts) {
    const bool anonymous = mount.volume.empty();
    const std::string name = anonymous ? new_id() : mount.volume;
    auto& volume = volumes_[name];
    if (!volume) {
      volume = std::make_shared<FakeVolume>(FakeVolume{name, mount.labels, anonymous, {}});
    }
    container.mounts.emplace(mount.target, volume);
  }
  return {};
}

void FakeEngine::run_program(const ContainerPointer& container, const FakeProgram& program) {
  FakeRun run(*this, container);
  int exit_code = 1;
  try {
    exit_code = program(run);
  } catch (const std::exception& error) {
    run.print(fmt::format("{}\n", error.what()), LogFrame::Stream::err);
  }
  const std::lock_guard lock(mutex_);
  end(*container, exit_code);
}

// ---- the door: images and containers ----

Result<EngineInfo> FakeEngine::info() {
  return verb("info", []() -> Result<EngineInfo> {
    return EngineInfo{"0.0-fake", "1.44", "fake", "/fake", "fake://"};
  });
}

Result<ImageInfo> FakeEngine::inspect_image(const std::string& reference) {
  return verb("inspect_image", [&]() -> Result<ImageInfo> {
    const auto found = images_.find(with_tag(reference));
    if (found == images_.end()) return nothing("image", reference);
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
    if (image == images_.end()) return nothing("image", spec.image);
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
      if (network == nullptr) return nothing("network", container->spec.network);
      state.network_address =
          address_in_subnet(network->spec.subnet, 2 + network->addresses_given++);
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

// ---- streams ----

Result<void> FakeEngine::read_logs(const std::string& id, Time since, bool follow,
                                   const std::function<Result<void>(const LogFrame&)>& on_frame,
                                   std::stop_token stop) {
  TRY_VOID(enter("read_logs"));
  std::unique_lock lock(mutex_);
  TRY(const ContainerPointer container, find(id));
  const std::uint64_t outage = outages_;
  const auto ended = [&] {
    return container->removed || container->state.status != ContainerStatus::running;
  };
  for (std::size_t next = 0;;) {
    if (follow) {
      changed_.wait(lock, stop, [&] {
        return next < container->logs.size() || ended() || was_cut_off(outage);
      });
    }
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "reading logs was stopped");
    if (was_cut_off(outage)) return away();
    if (next == container->logs.size()) return {};
    const FakeLogRecord record = container->logs[next++];
    if (record.time < since) continue;
    lock.unlock();
    TRY_VOID(on_frame(LogFrame{record.stream, record.time, record.bytes}));
    lock.lock();
  }
}

Result<void> FakeEngine::put_archive(const std::string& id, const std::string& path,
                                     const BodyProducer& tar, std::stop_token stop) {
  StringSink body;
  TRY_VOID(tar(body));
  return verb("put_archive", [&]() -> Result<void> {
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "the transfer was stopped");
    TRY(const ContainerPointer container, find(id));
    TRY(const FakeTree files, parse_tar(body.text()));
    return insert_tree(*container, path, files);
  });
}

Result<std::unique_ptr<ByteSource>> FakeEngine::get_archive(const std::string& id,
                                                            const std::string& path,
                                                            std::stop_token stop) {
  return verb("get_archive", [&]() -> Result<std::unique_ptr<ByteSource>> {
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "the transfer was stopped");
    TRY(const ContainerPointer container, find(id));
    TRY(const FakeTree files, extract_tree(*container, path));
    return std::make_unique<StringSource>(make_tar(files));
  });
}

Result<void> FakeEngine::watch_containers(
    const Labels& labels, const std::function<void(const ContainerEvent&)>& on_event,
    std::stop_token stop) {
  TRY_VOID(enter("watch_containers"));
  std::unique_lock lock(mutex_);
  const std::uint64_t outage = outages_;
  std::size_t next = events_.size();
  lock.unlock();
  on_event(ContainerEvent{"", "", true});
  lock.lock();
  for (;;) {
    changed_.wait(lock, stop, [&] { return next < events_.size() || was_cut_off(outage); });
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "watching was stopped");
    if (was_cut_off(outage)) return away();
    const Event event = events_[next++];
    if (!carries(event.labels, labels)) continue;
    lock.unlock();
    on_event(event.event);
    lock.lock();
  }
}

// ---- volumes and networks ----

Result<std::string> FakeEngine::create_volume(const std::string& name, const Labels& labels) {
  return verb("create_volume", [&]() -> Result<std::string> {
    auto& volume = volumes_[name];
    if (!volume) volume = std::make_shared<FakeVolume>(FakeVolume{name, labels, false, {}});
    return fmt::format("/fake/volumes/{}/_data", name);
  });
}

Result<void> FakeEngine::remove_volume(const std::string& name) {
  return verb("remove_volume", [&]() -> Result<void> {
    for (const auto& [id, container] : containers_) {
      for (const auto& [target, volume] : container->mounts) {
        if (volume->name == name) {
          return failure(ErrorKind::conflict, fmt::format("volume {} is in use", name));
        }
      }
    }
    volumes_.erase(name);
    return {};
  });
}

Result<std::vector<ResourceSummary>> FakeEngine::list_volumes(const Labels& labels) {
  return verb("list_volumes", [&]() -> Result<std::vector<ResourceSummary>> {
    std::vector<ResourceSummary> found;
    for (const auto& [name, volume] : volumes_) {
      if (carries(volume->labels, labels)) found.push_back({name, name, volume->labels});
    }
    return found;
  });
}

Result<std::string> FakeEngine::create_network(const NetworkSpec& spec) {
  return verb("create_network", [&]() -> Result<std::string> {
    for (const auto& [id, network] : networks_) {
      if (network.spec.name == spec.name) {
        return failure(ErrorKind::already_exists,
                       fmt::format("network with name {} already exists", spec.name));
      }
      if (subnets_overlap(network.spec.subnet, spec.subnet)) {
        return failure(ErrorKind::conflict, "Pool overlaps with other one on this address space");
      }
    }
    const std::string id = new_id();
    networks_.emplace(id, Network{id, spec});
    return id;
  });
}

Result<void> FakeEngine::remove_network(const std::string& id) {
  return verb("remove_network", [&]() -> Result<void> {
    const Network* network = find_network(id);
    if (network == nullptr) return {};
    if (network_in_use(*network)) {
      return failure(ErrorKind::conflict, fmt::format("network {} has active endpoints", id));
    }
    networks_.erase(network->id);
    return {};
  });
}

Result<std::vector<ResourceSummary>> FakeEngine::list_networks(const Labels& labels) {
  return verb("list_networks", [&]() -> Result<std::vector<ResourceSummary>> {
    std::vector<ResourceSummary> found;
    for (const auto& [id, network] : networks_) {
      if (carries(network.spec.labels, labels)) {
        found.push_back({id, network.spec.name, network.spec.labels});
      }
    }
    return found;
  });
}

}  // namespace trainyard::testing
