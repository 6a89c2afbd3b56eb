#pragma once

// A ContainerEngine in memory. Images are registered by the test, each with a program: a function
// that runs on a thread of its own once its container is started, sees the container's files,
// prints log lines, takes signals and returns an exit code. Faults can be injected into every verb.
//
// All members may be called from any thread. The destructor kills what runs and joins the programs:
// a program that waits for something must wait through its FakeRun.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/engine/container_engine.h"
#include "tests/support/fake_tree.h"

namespace trainyard::testing {

struct FakeContainer;
struct FakeVolume;
class FakeEngine;

// What a program sees of its container. Paths are absolute. Once the container was killed, writes
// and prints are dropped.
class FakeRun {
 public:
  FakeRun(FakeEngine& engine, std::shared_ptr<FakeContainer> container);

  const ContainerSpec& spec() const;
  // Value of an environment variable of the container.
  std::optional<std::string> environment(const std::string& name) const;

  // Logged as the Engine would: a frame a line, long lines in pieces of 16 KiB with one time stamp.
  void print(std::string_view text, LogFrame::Stream stream = LogFrame::Stream::out);

  void write(const std::string& path, std::string content, unsigned mode = 0644);
  void add(const std::string& path, FakeFile file);
  std::optional<std::string> read(const std::string& path) const;
  bool exists(const std::string& path) const;

  // Waits for the next signal and returns its name; "SIGKILL" from then on when it was killed.
  std::string wait_for_signal();
  bool killed() const;
  // The container ends as one that was killed for its memory, whatever the program returns.
  void run_out_of_memory();

 private:
  FakeEngine& engine_;
  std::shared_ptr<FakeContainer> container_;
};

using FakeProgram = std::function<int(FakeRun&)>;

// A program that runs until a SIGTERM and then returns `exit_code`.
FakeProgram wait_for_sigterm(int exit_code);

struct FakeImage {
  FakeProgram program = [](FakeRun&) { return 0; };
  std::string user;
  bool has_entrypoint = false;
  std::string start_error;             // not empty: the command cannot be executed, and this is why
  FakeTree files;                      // the image's own
  std::optional<RegistryLogin> login;  // what a pull must bring
  std::vector<std::string> pull_progress;
};

// An image that runs it.
FakeImage image_of(FakeProgram program);

class FakeEngine final : public ContainerEngine {
 public:
  // Time stamps come from `clock`; without one they begin at 2026-01-01 and tick by a millisecond.
  explicit FakeEngine(const Clock* clock = nullptr);
  ~FakeEngine() override;

  // An image the Engine has; one that it can pull.
  void add_image(const std::string& reference, FakeImage image = {});
  void add_registry_image(const std::string& reference, FakeImage image = {});

  // The next `times` calls of `verb` (the name of the member function) fail and do nothing.
  void fail_next(const std::string& verb, Error error, int times = 1);
  // The next call of `verb` does its work, but its caller sees an error: `unavailable`, or this.
  void lose_next_reply(const std::string& verb,
                       Error error = {ErrorKind::unavailable, "the fake Engine is away"});
  // While not available every verb is `unavailable` and open streams break; containers run on.
  void set_available(bool available);
  // Called before each verb, with its name, on the caller's thread.
  void set_hook(std::function<void(const std::string& verb)> hook);

  std::size_t container_count() const;
  std::size_t volume_count() const;
  std::size_t network_count() const;
  std::vector<std::string> container_ids() const;
  // Addresses of the containers that joined a network after they were made, by their ids.
  std::map<std::string, std::string> joined(const std::string& network) const;
  ContainerSpec spec_of(const std::string& id) const;
  // Content of a file as the container sees it.
  std::optional<std::string> file_of(const std::string& id, const std::string& path) const;
  // Where a container's volumes lie, as inspecting it tells; otherwise nowhere.
  void set_mountpoints(const std::string& id, std::map<std::string, std::string> mountpoints);
  // Names of the verbs called so far.
  std::vector<std::string> calls() const;
  // Blocks until the container has ended.
  void wait_until_exited(const std::string& id);

  Result<EngineInfo> info() override;
  Result<ImageInfo> inspect_image(const std::string& reference) override;
  Result<std::vector<std::string>> list_images() override;
  Result<void> pull_image(const std::string& reference, const std::optional<RegistryLogin>& login,
                          const std::function<void(const std::string&)>& progress,
                          std::stop_token stop) override;
  Result<std::string> create_container(const ContainerSpec& spec) override;
  Result<void> start_container(const std::string& id) override;
  Result<ContainerState> inspect_container(const std::string& id) override;
  Result<void> signal_container(const std::string& id, const std::string& signal) override;
  Result<void> remove_container(const std::string& id) override;
  Result<std::vector<ContainerState>> list_containers(const Labels& labels) override;
  Result<void> read_logs(const std::string& id, Time since, bool follow,
                         const std::function<Result<void>(const LogFrame&)>& on_frame,
                         std::stop_token stop) override;
  Result<void> put_archive(const std::string& id, const std::string& path, const BodyProducer& tar,
                           std::stop_token stop) override;
  Result<std::unique_ptr<ByteSource>> get_archive(const std::string& id, const std::string& path,
                                                  std::stop_token stop) override;
  Result<std::string> create_volume(const std::string& name, const Labels& labels) override;
  Result<void> remove_volume(const std::string& name) override;
  Result<std::vector<ResourceSummary>> list_volumes(const Labels& labels) override;
  Result<std::string> create_network(const NetworkSpec& spec) override;
  Result<void> remove_network(const std::string& id) override;
  Result<std::vector<ResourceSummary>> list_networks(const Labels& labels) override;
  Result<void> connect_network(const std::string& network, const std::string& container,
                               const std::string& address) override;
  Result<void> disconnect_network(const std::string& network,
                                  const std::string& container) override;
  Result<void> watch_containers(const Labels& labels,
                                const std::function<void(const ContainerEvent&)>& on_event,
                                std::stop_token stop) override;

 private:
  friend class FakeRun;

  struct Network {
    std::string id;
    NetworkSpec spec;
    unsigned addresses_given = 0;
    std::map<std::string, std::string> joined{};  // addresses of further containers, by id
  };
  struct Event {
    ContainerEvent event;
    Labels labels;
  };
  using ContainerPointer = std::shared_ptr<FakeContainer>;

  // The frame of every verb: hook, availability, faults; `body` runs under the lock. Defined in
  // fake_engine_verb.h.
  template <typename Body>
  auto verb(const std::string& name, Body body) -> decltype(body());
  Result<void> enter(const std::string& name);

  // All of these are called under the lock.
  Time tick();
  std::string new_id();
  Result<ContainerPointer> find(const std::string& id) const;
  Result<void> attach_mounts(FakeContainer& container);
  Network* find_network(const std::string& id);
  bool network_in_use(const Network& network) const;
  void emit(const FakeContainer& container, const std::string& action);
  void end(FakeContainer& container, int exit_code);
  void append_log(FakeContainer& container, std::string_view text, LogFrame::Stream stream);

  void run_program(const ContainerPointer& container, const FakeProgram& program);
  bool was_cut_off(std::uint64_t outage) const { return !available_ || outage != outages_; }

  const Clock* clock_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::map<std::string, FakeImage> images_;
  std::map<std::string, FakeImage> registry_;
  std::map<std::string, ContainerPointer> containers_;  // by id
  std::map<std::string, std::shared_ptr<FakeVolume>> volumes_;
  std::map<std::string, Network> networks_;  // by id
  std::vector<Event> events_;
  std::vector<std::thread> threads_;
  std::map<std::string, std::deque<Error>> faults_;
  std::map<std::string, std::deque<Error>> lost_replies_;
  std::function<void(const std::string&)> hook_;
  std::vector<std::string> calls_;
  bool available_ = true;
  std::uint64_t outages_ = 0;
  std::uint64_t ids_given_ = 0;
  Time last_time_;
};

}  // namespace trainyard::testing
