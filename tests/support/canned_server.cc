#include "tests/support/canned_server.h"

#include <array>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace trainyard::testing {

namespace {

UniqueFd bind_to_free_port(std::uint16_t& port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), generic, size) != 0 || ::getsockname(fd.get(), generic, &size) != 0) {
    throw std::runtime_error("no free port");
  }
  port = ntohs(address.sin_port);
  return fd;
}

std::string read_head(int connection) {
  std::string head;
  std::array<char, 4096> buffer;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = ::recv(connection, buffer.data(), buffer.size(), 0);
    if (count <= 0) break;
    head.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return head;
}

void send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

CannedServer::CannedServer(std::string answer)
    : answer_(std::move(answer)), listener_(bind_to_free_port(port_)) {
  if (::listen(listener_.get(), 16) != 0) throw std::runtime_error("cannot listen");
  thread_ = std::thread([this] { serve(); });
}

CannedServer::~CannedServer() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
}

std::vector<std::string> CannedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void CannedServer::serve() {
  for (;;) {
    const UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) return;
    std::string head = read_head(connection.get());
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(std::move(head));
    }
    send_all(connection.get(), answer_);
  }
}

std::uint16_t closed_port() {
  // Bound and never listening: nobody else gets it while the process lives.
  static std::uint16_t port = 0;
  static const UniqueFd holder = bind_to_free_port(port);
  return port;
}

}  // namespace trainyard::testing
