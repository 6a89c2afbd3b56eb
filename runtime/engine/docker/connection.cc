#include "runtime/engine/docker/connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace trainyard {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Before connecting again to a socket that has no place for one more.
constexpr milliseconds busy_pause{10};

// How long poll may wait: -1 for ever, 0 when the deadline has passed.
int poll_timeout(Deadline deadline) {
  if (deadline == never) return -1;
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

tl::unexpected<Error> broken(int error_number, std::string_view what) {
  Error error = system_error(error_number, what);
  error.kind = ErrorKind::unavailable;
  return failure(std::move(error));
}

Error no_time() {
  return Error{ErrorKind::timed_out, "the Docker Engine did not answer in time"};
}

struct Address {
  int family = AF_UNIX;
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<Address> resolve(const EngineEndpoint& endpoint) {
  Address address;
  if (endpoint.kind == EngineEndpoint::Kind::unix_socket) {
    auto& name = reinterpret_cast<sockaddr_un&>(address.storage);
    if (endpoint.path.size() >= sizeof name.sun_path) {
      return failure(ErrorKind::invalid_argument,
                     fmt::format("the path of the socket {} is too long", endpoint.path));
    }
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, endpoint.path.c_str(), endpoint.path.size() + 1);
    address.size = sizeof name;
    return address;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status =
      ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (status != 0) {
    return failure(ErrorKind::unavailable, fmt::format("cannot reach the Docker Engine at {}: {}",
                                                       endpoint.text(), ::gai_strerror(status)));
  }
  address.family = found->ai_family;
  address.size = found->ai_addrlen;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return address;
}

// A peer that vanished without a word would otherwise keep a follower of logs waiting for ever.
void watch_for_silence(int fd) {
  const auto set = [fd](int level, int option, int value) {
    (void)::setsockopt(fd, level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
}

int pending_error(int fd) {
  int error_number = 0;
  socklen_t size = sizeof error_number;
  (void)::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error_number, &size);
  return error_number;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const EngineEndpoint& endpoint,
                                                     Deadline deadline, std::stop_token stop) {
  const auto stopped = [&] {
    return failure(ErrorKind::cancelled, "stopped while connecting to the Docker Engine");
  };
  TRY(const Address address, resolve(endpoint));
  UniqueFd fd(::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failure(system_error(errno, "making a socket"));
  if (address.family != AF_UNIX) watch_for_silence(fd.get());
  std::unique_ptr<Connection> connection(new Connection(std::move(fd)));
  const std::stop_callback wake(stop, [&] { connection->shut_down(); });
  const auto* name = reinterpret_cast<const sockaddr*>(&address.storage);
  while (::connect(connection->fd_.get(), name, address.size) != 0) {
    if (errno == EAGAIN && address.family == AF_UNIX) {
      // So many wait to be accepted that there is no place to wait in.
      if (stop.stop_requested()) return stopped();
      if (steady_clock::now() >= deadline) return failure(no_time());
      std::this_thread::sleep_for(busy_pause);
      continue;
    }
    if (errno != EINPROGRESS) return failure(connect_error(endpoint, errno));
    // A stop that came before connect() had nothing to shut down.
    if (stop.stop_requested()) return stopped();
    const auto ready = connection->wait(POLLOUT, deadline);
    if (stop.stop_requested()) return stopped();
    if (!ready) return failure(ready.error());
    if (const int error_number = pending_error(connection->fd_.get())) {
      return failure(connect_error(endpoint, error_number));
    }
    break;
  }
  if (stop.stop_requested()) return stopped();
  return connection;
}

Result<short> Connection::wait(short events, Deadline deadline) {
  for (;;) {
    pollfd entry{fd_.get(), events, 0};
    const int count = ::poll(&entry, 1, poll_timeout(deadline));
    if (count > 0) return entry.revents;
    if (count < 0 && errno != EINTR) return failure(system_error(errno, "poll"));
    if (count == 0 && steady_clock::now() >= deadline) return failure(no_time());
  }
}

Result<std::size_t> Connection::read_some(std::span<std::byte> buffer, Deadline deadline) {
  for (;;) {
    const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return broken(errno, "reading from the Docker Engine");
    TRY_VOID(wait(POLLIN, deadline));
  }
}

Result<Connection::Written> Connection::write(std::span<const std::byte> bytes, bool listen,
                                              Deadline deadline) {
  const short interest = static_cast<short>(listen ? POLLIN | POLLOUT : POLLOUT);
  while (!bytes.empty()) {
    if (listen && !is_quiet()) return Written::peer_spoke;
    const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    // What the peer said before it closed may still be there to read.
    if (listen && (errno == EPIPE || errno == ECONNRESET)) return Written::peer_spoke;
    if (errno != EAGAIN) return broken(errno, "writing to the Docker Engine");
    TRY_VOID(wait(interest, deadline));
  }
  return Written::all;
}

bool Connection::is_quiet() const {
  pollfd entry{fd_.get(), POLLIN, 0};
  return ::poll(&entry, 1, 0) == 0;
}

void Connection::shut_down() noexcept {
  (void)::shutdown(fd_.get(), SHUT_RDWR);
}

}  // namespace trainyard
