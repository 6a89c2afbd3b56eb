#pragma once

// One client's connection. It belongs to exactly one place at a time, and moves between them: the
// reactor, while nothing is there to read or its answer is held, and the worker pool, while there
// is something to do.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "server/http/held_answer.h"
#include "server/http/read_buffer.h"
#include "server/http/request_head.h"
#include "server/http/socket_stream.h"

namespace trainyard::server {

struct Connection {
  Connection(UniqueFd socket, std::string client_address, std::function<void()> closed)
      : stream(std::move(socket)),
        client(std::move(client_address)),
        on_closed(std::move(closed)) {}
  ~Connection() { on_closed(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  SocketStream stream;
  const std::string client;  // its IP address
  ReadBuffer input;
  HeadScanner scanner;  // of the header that is arriving
  // Until when it may stay parked; set by whoever parks it.
  std::chrono::steady_clock::time_point deadline;
  std::unique_ptr<HeldAnswer> held;  // the request that was read last has no answer yet
  bool header_begun = false;         // the deadline is that of a header of which a part has come
  std::function<void()> on_closed;   // called by the destructor, on any thread
};

using ConnectionPointer = std::unique_ptr<Connection>;

}  // namespace trainyard::server
