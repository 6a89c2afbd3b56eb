#include "server/http/http_server.h"

#include <atomic>
#include <utility>

#include "runtime/base/task_group.h"
#include "server/http/listener.h"
#include "server/http/reactor.h"

namespace trainyard::server {

// Members are destroyed from the last to the first: the threads before what they work on, and every
// connection before the reactor that counts them.
struct HttpServer::State {
  State(Listener listener, Handler handler, const Limits& limits)
      : port(listener.port),
        rules{std::move(handler), limits, [this] { return stopping.load(); },
              [this] { return pool.others_wait(); }},
        reactor(std::move(listener.socket), limits,
                [this](ConnectionPointer connection) { pool.submit(std::move(connection)); }),
        pool(
            limits.threads,
            [this](Connection& connection) { return Session(rules, connection).take_turn(); },
            [this](ConnectionPointer connection) { reactor.park(std::move(connection)); }) {}

  std::uint16_t port;
  std::atomic<bool> stopping = false;
  SessionRules rules;
  Reactor reactor;
  WorkerPool pool;
  TaskGroup reactor_thread{"http-reactor", 1};
};

HttpServer::HttpServer(ListenAddress address, Handler handler, Limits limits)
    : address_(std::move(address)), handler_(std::move(handler)), limits_(limits) {
}

HttpServer::~HttpServer() {
  stop(std::chrono::milliseconds(0));
}

Result<void> HttpServer::start() {
  TRY(Listener listener, listen_at(address_));
  state_ = std::make_unique<State>(std::move(listener), handler_, limits_);
  Reactor& reactor = state_->reactor;
  state_->reactor_thread.spawn([&reactor](std::stop_token) { reactor.run(); });
  return {};
}

std::uint16_t HttpServer::port() const {
  return state_ ? state_->port : 0;
}

void HttpServer::stop(std::chrono::milliseconds grace) {
  if (!state_ || state_->stopping.exchange(true)) return;
  const auto deadline = std::chrono::steady_clock::now() + grace;
  state_->reactor.stop_accepting_and_close_parked();
  // A turn that had begun may have parked an answer that is held. It comes back, and is answered.
  state_->pool.await_idle(deadline);
  state_->reactor.stop_accepting_and_close_parked();
  state_->pool.stop(deadline);
  state_->reactor.quit();
  state_->reactor_thread.join();
}

}  // namespace trainyard::server
