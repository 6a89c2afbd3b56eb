#include "server/http/listener.h"

#include <cerrno>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace trainyard::server {

namespace {

constexpr int backlog = 1024;

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> resolve(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("cannot listen at \"{}\": {}; give an address of this machine",
                               address.host, ::gai_strerror(error)));
  }
  return AddressList(found, &::freeaddrinfo);
}

tl::unexpected<Error> listen_failure(int error_number, const ListenAddress& address) {
  Error error = system_error(error_number, "cannot listen at " + address.to_string());
  if (error_number == EADDRINUSE) {
    error.kind = ErrorKind::already_exists;
    error.message += "; stop the other program or choose another port";
  } else if (error_number == EADDRNOTAVAIL) {
    error.kind = ErrorKind::invalid_argument;
  }
  return failure(std::move(error));
}

std::uint16_t bound_port(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  // sin_port and sin6_port lie at the same place.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

}  // namespace

Result<Listener> listen_at(const ListenAddress& address) {
  TRY(const AddressList addresses, resolve(address));
  UniqueFd socket(::socket(addresses->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return listen_failure(errno, address);
  // A port whose last connections have not quite ended yet is free.
  const int enabled = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &enabled, sizeof enabled);
  if (::bind(socket.get(), addresses->ai_addr, addresses->ai_addrlen) != 0 ||
      ::listen(socket.get(), backlog) != 0) {
    return listen_failure(errno, address);
  }
  const std::uint16_t port = bound_port(socket.get());
  return Listener{std::move(socket), port};
}

}  // namespace trainyard::server
