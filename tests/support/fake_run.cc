#include <algorithm>

#include "tests/support/fake_container.h"
#include "tests/support/fake_engine.h"

namespace trainyard::testing {

FakeRun::FakeRun(FakeEngine& engine, std::shared_ptr<FakeContainer> container)
    : engine_(engine), container_(std::move(container)) {
}

const ContainerSpec& FakeRun::spec() const {
  return container_->spec;
}

std::optional<std::string> FakeRun::environment(const std::string& name) const {
  for (const std::string& variable : container_->spec.environment) {
    if (variable.starts_with(name + "=")) return variable.substr(name.size() + 1);
  }
  return std::nullopt;
}

void FakeRun::print(std::string_view text, LogFrame::Stream stream) {
  const std::lock_guard lock(engine_.mutex_);
  if (container_->killed) return;
  engine_.append_log(*container_, text, stream);
  engine_.changed_.notify_all();
}

void FakeRun::write(const std::string& path, std::string content, unsigned mode) {
  FakeFile file;
  file.content = std::move(content);
  file.mode = mode;
  add(path, std::move(file));
}

void FakeRun::add(const std::string& path, FakeFile file) {
  const std::lock_guard lock(engine_.mutex_);
  if (container_->killed) return;
  file.mtime = std::chrono::floor<std::chrono::seconds>(engine_.tick()).time_since_epoch().count();
  const auto [tree, rest] = container_->locate(path);
  add_file(*tree, rest, std::move(file));
}

std::optional<std::string> FakeRun::read(const std::string& path) const {
  const std::lock_guard lock(engine_.mutex_);
  return container_->content(path);
}

bool FakeRun::exists(const std::string& path) const {
  const std::lock_guard lock(engine_.mutex_);
  const auto [tree, rest] = container_->locate(path);
  return tree->contains(rest) || is_directory(*tree, rest);
}

std::string FakeRun::wait_for_signal() {
  std::unique_lock lock(engine_.mutex_);
  engine_.changed_.wait(lock, [&] { return container_->killed || !container_->signals.empty(); });
  if (container_->killed) return "SIGKILL";
  std::string signal = std::move(container_->signals.front());
  container_->signals.pop_front();
  return signal;
}

bool FakeRun::killed() const {
  const std::lock_guard lock(engine_.mutex_);
  return container_->killed;
}

void FakeRun::run_out_of_memory() {
  const std::lock_guard lock(engine_.mutex_);
  if (container_->killed) return;
  container_->state.out_of_memory = true;
  engine_.emit(*container_, "oom");
  engine_.end(*container_, 137);
}

FakeImage image_of(FakeProgram program) {
  FakeImage image;
  image.program = std::move(program);
  return image;
}

FakeProgram wait_for_sigterm(int exit_code) {
  return [exit_code](FakeRun& run) {
    for (;;) {
      const std::string signal = run.wait_for_signal();
      if (signal == "SIGTERM" || signal == "SIGKILL") return exit_code;
    }
  };
}

}  // namespace trainyard::testing
