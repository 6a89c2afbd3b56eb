#include "tests/support/fake_engine.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "tests/support/fake_container.h"
#include "tests/support/fake_engine_verb.h"

namespace trainyard::testing {
namespace {

constexpr std::size_t log_piece_bytes = 16 * 1024;

// 2026-01-01T00:00:00Z
constexpr Time first_time{std::chrono::seconds(1'767'225'600)};

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

Result<void> FakeEngine::enter(const std::string& name) {
  std::function<void(const std::string&)> hook;
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(name);
    hook = hook_;
  }
  if (hook) hook(name);
  const std::lock_guard lock(mutex_);
  if (!available_) return engine_away();
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

void FakeEngine::lose_next_reply(const std::string& verb, Error error) {
  const std::lock_guard lock(mutex_);
  lost_replies_[verb].push_back(std::move(error));
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

std::map<std::string, std::string> FakeEngine::joined(const std::string& network) const {
  const std::lock_guard lock(mutex_);
  const auto found = networks_.find(network);
  return found == networks_.end() ? std::map<std::string, std::string>{} : found->second.joined;
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

void FakeEngine::set_mountpoints(const std::string& id,
                                 std::map<std::string, std::string> mountpoints) {
  const std::lock_guard lock(mutex_);
  if (const auto container = find(id)) (*container)->state.mountpoints = std::move(mountpoints);
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
  return no_such("container", id);
}

FakeEngine::Network* FakeEngine::find_network(const std::string& id) {
  for (auto& [key, network] : networks_) {
    if (key == id || network.spec.name == id) return &network;
  }
  return nullptr;
}

bool FakeEngine::network_in_use(const Network& network) const {
  if (!network.joined.empty()) return true;
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
  for (auto& [id, network] : networks_) network.joined.erase(container.state.id);
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

Result<EngineInfo> FakeEngine::info() {
  return verb("info", []() -> Result<EngineInfo> {
    return EngineInfo{"0.0-fake", "1.44", "fake", "/fake", "fake://"};
  });
}

}  // namespace trainyard::testing
