#pragma once

// Serves the requests of a connection, one after the other, in straight-line code on one of the
// pool's threads.

#include <functional>
#include <optional>

#include "api/wire/http_message.h"
#include "server/http/connection.h"
#include "server/http/limits.h"
#include "server/http/worker_pool.h"

namespace trainyard::server {

// Answers one request. Called on many threads at once; may block. An exception becomes a 500.
using Handler = std::function<api::Response(api::Request&)>;

struct SessionRules {
  Handler handler;
  Limits limits;
  std::function<bool()> stopping;     // no further request is wanted on any connection
  std::function<bool()> others_wait;  // connections wait for a thread
};

class Session {
 public:
  Session(const SessionRules& rules, Connection& connection)
      : rules_(rules), connection_(connection) {}

  // Serves what is there, and what comes within the linger time; looks after an answer that is
  // held. Sets the connection's deadline where it is to be parked.
  WorkerPool::Next take_turn();

 private:
  enum class Arrival { complete, incomplete, refused, gone };

  Arrival await_header();
  Result<bool> receive_more();
  void set_deadline();
  bool serve();
  bool answer(const RequestHead& head);
  std::optional<WorkerPool::Next> look_at_held();
  WorkerPool::Next park_held();
  bool client_is_there();
  bool give_sign_of_life();
  bool answer_held();
  void refuse(int status, std::string_view message);
  void leave_gently();

  const SessionRules& rules_;
  Connection& connection_;
};

}  // namespace trainyard::server
