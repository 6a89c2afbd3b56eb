#include "runtime/engine/credential_helper.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/stream.h"
#include "runtime/base/unique_fd.h"
#include "runtime/engine/docker/json_access.h"

namespace trainyard {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t answer_limit_bytes = 64 * 1024;
constexpr std::chrono::milliseconds look_interval{100};
constexpr std::chrono::milliseconds end_pause{2};  // a program that has said all ends at once
// The name that stands for a token instead of a user's.
constexpr std::string_view token_user = "<token>";

// The program's file actions and attributes, freed with the object.
class SpawnSettings {
 public:
  // `end` is the program's side of a socket that is its input and its output.
  explicit SpawnSettings(int end) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, end, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, end, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes_);
    // It takes the signals that our threads leave to one of them, and what it starts ends with it.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// A program that runs; killed and awaited with the object.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ == 0) return;
    ::kill(-pid_, SIGKILL);
    (void)wait(0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Whether it ended well, and by itself, until then.
  bool ended_well(SteadyClock::time_point deadline) {
    for (;;) {
      const auto status = wait(WNOHANG);
      if (status) return WIFEXITED(*status) && WEXITSTATUS(*status) == 0;
      if (SteadyClock::now() >= deadline) return false;
      std::this_thread::sleep_for(end_pause);
    }
  }

 private:
  std::optional<int> wait(int options) {
    int status = 0;
    pid_t ended = 0;
    while ((ended = ::waitpid(pid_, &status, options)) < 0 && errno == EINTR) {
    }
    if (ended == 0) return std::nullopt;
    pid_ = 0;
    return status;
  }

  pid_t pid_;
};

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Result<std::string> read_answer(int fd, SteadyClock::time_point deadline,
                                const std::stop_token& stop) {
  std::string answer;
  std::array<char, 4096> buffer{};
  for (;;) {
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "asking was stopped");
    if (SteadyClock::now() >= deadline) return failure(ErrorKind::timed_out, "it does not answer");
    pollfd entry{fd, POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(look_interval.count())) <= 0) continue;
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return answer;
    answer.append(buffer.data(), static_cast<std::size_t>(count));
    if (answer.size() > answer_limit_bytes) {
      return failure(ErrorKind::data_corrupt, "its answer does not end");
    }
  }
}

Result<RegistryLogin> login_of(const std::string& answer, const std::string& server) {
  const nlohmann::json json = nlohmann::json::parse(answer, nullptr, false);
  RegistryLogin login;
  login.server = server;
  if (json.is_object()) {
    login.username = text_at(json, "Username");
    login.password = text_at(json, "Secret");
  }
  if (login.password.empty()) {
    return failure(ErrorKind::data_corrupt, "its answer is no login in JSON");
  }
  if (login.username == token_user) {
    login.identity_token = std::exchange(login.password, "");
    login.username.clear();
  }
  return login;
}

Result<RegistryLogin> ask(const std::string& program, const std::string& server,
                          std::chrono::milliseconds patience, const std::stop_token& stop) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return failure(system_error(errno, "making a socket"));
  }
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const SpawnSettings settings(theirs.get());
  std::string verb = "get";
  std::string name = program;
  std::array<char*, 3> arguments{name.data(), verb.data(), nullptr};
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, program.c_str(), settings.actions(), settings.attributes(),
                                   arguments.data(), environ);
  if (error != 0) return failure(system_error(error, "it cannot be run"));
  Child child(pid);
  theirs.reset();
  // It may end without having listened.
  (void)::send(ours.get(), server.data(), server.size(), MSG_NOSIGNAL);
  ::shutdown(ours.get(), SHUT_WR);
  const auto deadline = SteadyClock::now() + patience;
  TRY(const std::string answer, read_answer(ours.get(), deadline, stop));
  if (!child.ended_well(deadline)) {
    // By the protocol its output is the reason then.
    constexpr std::size_t shown = 200;
    return failure(ErrorKind::not_found, "it has no login: " + answer.substr(0, shown));
  }
  return login_of(answer, server);
}

}  // namespace

Result<RegistryLogin> ask_credential_helper(const std::string& name, const std::string& server,
                                            std::chrono::milliseconds patience,
                                            std::stop_token stop) {
  const std::string program = "docker-credential-" + name;
  if (!is_name(name)) {
    return failure(ErrorKind::invalid_argument, program + " is no name of a program");
  }
  auto login = ask(program, server, patience, stop);
  if (!login) login.error().message = fmt::format("{}: {}", program, login.error().message);
  return login;
}

}  // namespace trainyard
