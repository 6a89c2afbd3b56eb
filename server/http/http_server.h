#pragma once

// The HTTP/1.1 server: listens, takes requests apart, calls the handler, sends its answers.
//
// Half-sync, half-async: one reactor thread accepts connections and keeps the idle ones, a bounded
// pool of threads serves active requests in blocking code. A handler may block as long as it likes,
// but holds one of the pool's threads while it does.

#include <chrono>
#include <cstdint>
#include <memory>

#include "runtime/base/result.h"
#include "server/http/limits.h"
#include "server/http/session.h"
#include "server/listen_address.h"

namespace trainyard::server {

class HttpServer {
 public:
  HttpServer(ListenAddress address, Handler handler, Limits limits = {});
  // Stops without grace when `stop` was not called.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens, and answers requests from now on. Once. Errors: already_exists when the address is in
  // use, invalid_argument when there is no such address here, permission_denied.
  Result<void> start();

  // The port it listens at, once started.
  std::uint16_t port() const;

  // Stops accepting, closes idle connections, waits up to `grace` for requests at work, then cuts
  // the connections that are left. Returns when every thread has ended: a handler that waits for
  // something other than its client must be woken by its owner.
  void stop(std::chrono::milliseconds grace);

 private:
  struct State;
  ListenAddress address_;
  Handler handler_;
  Limits limits_;
  std::unique_ptr<State> state_;
};

}  // namespace trainyard::server
