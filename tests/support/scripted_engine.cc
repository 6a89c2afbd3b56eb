#include "tests/support/scripted_engine.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/engine/docker/api_version.h"

namespace trainyard::testing {
namespace {

// Takes a request off a socket piece by piece.
class RequestReader {
 public:
  explicit RequestReader(int fd) : fd_(fd) {}

  std::optional<ScriptedRequest> read_head() {
    std::size_t end = 0;
    while ((end = bytes_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return std::nullopt;
    }
    ScriptedRequest request;
    request.head = take(end + 4);
    const std::size_t space = request.head.find(' ');
    request.method = request.head.substr(0, space);
    request.target = request.head.substr(space + 1, request.head.find(' ', space + 1) - space - 1);
    return request;
  }

  bool read_body(ScriptedRequest& request) {
    if (request.head.find("Transfer-Encoding: chunked") != std::string::npos) {
      return read_chunks(request.body);
    }
    constexpr std::string_view name = "Content-Length: ";
    const std::size_t at = request.head.find(name);
    const std::size_t size =
        at == std::string::npos ? 0 : std::stoul(request.head.substr(at + name.size()));
    if (!fill(size)) return false;
    request.body = take(size);
    return true;
  }

 private:
  bool read_chunks(std::string& body) {
    for (;;) {
      std::size_t line = 0;
      while ((line = bytes_.find("\r\n")) == std::string::npos) {
        if (!more()) return false;
      }
      const std::size_t size = std::stoul(take(line + 2), nullptr, 16);
      if (!fill(size + 2)) return false;
      body += take(size + 2).substr(0, size);
      if (size == 0) return true;
    }
  }

  bool fill(std::size_t size) {
    while (bytes_.size() < size) {
      if (!more()) return false;
    }
    return true;
  }

  bool more() {
    char buffer[16 * 1024];
    const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    bytes_.append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  std::string take(std::size_t size) {
    std::string taken = bytes_.substr(0, size);
    bytes_.erase(0, size);
    return taken;
  }

  int fd_;
  std::string bytes_;
};

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// "/v1.41/containers/json?all=1" is "1.41" and "/containers/json".
std::pair<std::string, std::string> split_target(const std::string& target) {
  std::string path = target.substr(0, target.find('?'));
  if (!path.starts_with("/v1.")) return {"", path};
  const std::size_t slash = path.find('/', 1);
  return {path.substr(2, slash - 2), path.substr(slash)};
}

std::string refusal(const std::string& version, const std::string& oldest,
                    const std::string& newest) {
  const auto asked = ApiVersion::parse(version);
  if (!asked) return "";
  if (*asked > ApiVersion::parse(newest)) {
    return fmt::format("client version {} is too new. Maximum supported API version is {}", version,
                       newest);
  }
  if (*asked < ApiVersion::parse(oldest)) {
    return fmt::format("client version {} is too old. Minimum supported API version is {}", version,
                       oldest);
  }
  return "";
}

}  // namespace

ScriptedReply json_reply_of(unsigned status, const std::string& body) {
  ScriptedReply reply;
  reply.bytes = fmt::format(
      "HTTP/1.1 {} Scripted\r\nContent-Type: application/json\r\n{}Date: Mon, 23 Nov 2026 "
      "19:02:10 GMT\r\n\r\n{}",
      status, status == 204 ? "" : fmt::format("Content-Length: {}\r\n", body.size()), body);
  return reply;
}

ScriptedReply chunked_reply_of(const std::vector<std::string>& pieces, bool complete,
                               ScriptedReply::Then then) {
  ScriptedReply reply;
  reply.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& piece : pieces) {
    reply.bytes += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
  }
  if (complete) reply.bytes += "0\r\n\r\n";
  reply.then = then;
  return reply;
}

ScriptedEngine::ScriptedEngine(std::string oldest, std::string newest)
    : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      oldest_(std::move(oldest)),
      newest_(std::move(newest)) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string path = endpoint().path;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(listener_.get(), 64) != 0) {
    throw std::runtime_error("cannot listen at " + path);
  }
  acceptor_ = std::thread([this] { accept_peers(); });
}

ScriptedEngine::~ScriptedEngine() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  drop_connections();
  for (Peer& peer : peers_) peer.thread.join();
}

EngineEndpoint ScriptedEngine::endpoint() const {
  EngineEndpoint endpoint;
  endpoint.path = (directory_.path() / "engine.sock").string();
  return endpoint;
}

void ScriptedEngine::on(const std::string& what, ScriptedReply reply) {
  const std::lock_guard lock(mutex_);
  replies_[what].push_back(std::move(reply));
}

void ScriptedEngine::set_versions(std::string oldest, std::string newest) {
  const std::lock_guard lock(mutex_);
  oldest_ = std::move(oldest);
  newest_ = std::move(newest);
}

std::vector<ScriptedRequest> ScriptedEngine::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedEngine::wait_for(const std::string& what) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return std::ranges::any_of(requests_, [&](const ScriptedRequest& request) {
      return request.method + " " + split_target(request.target).second == what;
    });
  });
}

std::size_t ScriptedEngine::connections() const {
  const std::lock_guard lock(mutex_);
  return peers_.size();
}

void ScriptedEngine::drop_connections() {
  const std::lock_guard lock(mutex_);
  for (Peer& peer : peers_) ::shutdown(peer.fd.get(), SHUT_RDWR);
}

void ScriptedEngine::accept_peers() {
  for (;;) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    Peer& peer = peers_.emplace_back();
    peer.fd.reset(fd);
    peer.thread = std::thread([this, fd] { serve(fd); });
  }
}

void ScriptedEngine::serve(int fd) {
  RequestReader reader(fd);
  for (;;) {
    auto request = reader.read_head();
    if (!request) break;
    const ScriptedReply reply = answer(*request);
    const bool whole = reply.before_body || reader.read_body(*request);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
      changed_.notify_all();
    }
    if (!whole || !send_all(fd, reply.bytes)) break;
    if (reply.then == ScriptedReply::Then::close) break;
    if (reply.then == ScriptedReply::Then::stall) {
      char byte = 0;
      (void)::recv(fd, &byte, 1, MSG_PEEK);  // until somebody hangs up
      return;
    }
  }
  ::shutdown(fd, SHUT_RDWR);
}

ScriptedReply ScriptedEngine::answer(const ScriptedRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto [version, path] = split_target(request.target);
  if (const std::string text = refusal(version, oldest_, newest_); !text.empty()) {
    return json_reply_of(400, fmt::format(R"({{"message":"{}"}})", text));
  }
  const auto found = replies_.find(request.method + " " + path);
  if (found == replies_.end()) {
    if (path == "/version") {
      return json_reply_of(
          200, fmt::format(R"({{"ApiVersion":"{}","MinAPIVersion":"{}"}})", newest_, oldest_));
    }
    if (path == "/_ping") return json_reply_of(200, "OK");
    return json_reply_of(404, R"({"message":"page not found"})");
  }
  ScriptedReply reply = found->second.front();
  if (found->second.size() > 1) found->second.pop_front();
  return reply;
}

}  // namespace trainyard::testing
