#include "tests/support/raw_client.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace trainyard::testing {

namespace {

// The number behind a field's name, or -1.
long field_number(const std::string& header, const std::string& name) {
  const std::size_t at = header.find("\r\n" + name + ": ");
  return at == std::string::npos ? -1 : std::atol(header.c_str() + at + name.size() + 4);
}

}  // namespace

RawClient::RawClient(std::uint16_t port, const std::string& host, const std::string& from) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  REQUIRE(::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) == 0);
  socket_.reset(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!from.empty()) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    REQUIRE(::inet_pton(AF_INET, from.c_str(), &own.sin_addr) == 1);
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
  }
  const int connected = ::connect(socket_.get(), found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  REQUIRE(connected == 0);
  // What a test sends in parts arrives in parts.
  const int enabled = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &enabled, sizeof enabled);
  const timeval limit{10, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool RawClient::fill() {
  char bytes[65536];
  const ssize_t count = ::recv(socket_.get(), bytes, sizeof bytes, 0);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) FAIL("the server does not answer");
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

RawClient::Answer RawClient::receive(bool head) {
  Answer answer;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return answer;
  }
  answer.header = buffer_.substr(0, end + 2);
  answer.status = std::atoi(answer.header.c_str() + 9);
  buffer_.erase(0, end + 4);
  const bool empty = head || answer.status < 200 || answer.status == 204 || answer.status == 304;
  if (empty) return answer;
  if (answer.has("Transfer-Encoding: chunked")) {
    for (;;) {
      std::size_t line = 0;
      while ((line = buffer_.find("\r\n")) == std::string::npos) {
        if (!fill()) return {};
      }
      const auto size = static_cast<std::size_t>(std::strtoul(buffer_.c_str(), nullptr, 16));
      while (buffer_.size() < line + 2 + size + 2) {
        if (!fill()) return {};
      }
      answer.body += buffer_.substr(line + 2, size);
      buffer_.erase(0, line + 2 + size + 2);
      if (size == 0) return answer;
    }
  }
  const long length = field_number(answer.header, "Content-Length");
  if (length < 0) {
    answer.body = receive_all();
    return answer;
  }
  while (buffer_.size() < static_cast<std::size_t>(length)) {
    if (!fill()) return {};
  }
  answer.body = buffer_.substr(0, static_cast<std::size_t>(length));
  buffer_.erase(0, static_cast<std::size_t>(length));
  return answer;
}

bool RawClient::await(std::string_view text) {
  while (buffer_.find(text) == buffer_.npos) {
    if (!fill()) return false;
  }
  return true;
}

std::string RawClient::receive_all() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

bool RawClient::at_end() {
  return buffer_.empty() && !fill();
}

void RawClient::finish_sending() {
  ::shutdown(socket_.get(), SHUT_WR);
}

void RawClient::reset() {
  const linger immediately{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &immediately, sizeof immediately);
  socket_.reset();
}

}  // namespace trainyard::testing
