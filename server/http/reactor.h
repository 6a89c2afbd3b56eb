#pragma once

// The one thread that waits for many sockets: it accepts connections and keeps those with nothing
// to read, each until its deadline. What becomes readable is handed on; a connection whose answer
// is held also when its notice is given, and at its deadline.
//
// `run` is the thread; `park` and `stop_accepting_and_close_parked` may be called from any other.

#include <cstddef>
#include <functional>
#include <memory>

#include "runtime/base/unique_fd.h"
#include "server/http/connection.h"
#include "server/http/limits.h"

namespace trainyard::server {

class Reactor {
 public:
  // `listener` is a listening, non-blocking socket. `on_readable` is called on the reactor's thread
  // and must not block.
  Reactor(UniqueFd listener, const Limits& limits,
          std::function<void(ConnectionPointer)> on_readable);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Serves until `quit`, which comes after stop_accepting_and_close_parked. Every connection must
  // be gone, or parked, before the reactor is destroyed.
  void run();
  void quit();

  // Keeps the connection until it is readable; closes it when its deadline passes first, unless its
  // answer is held.
  void park(ConnectionPointer connection);

  // Hands on those whose answers are held, also such as are parked later, and waits until that is
  // done for all that were parked before the call; nothing else is handed on afterwards. `run` must
  // be running.
  void stop_accepting_and_close_parked();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trainyard::server
