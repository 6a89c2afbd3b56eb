#pragma once

// A Docker Engine that plays what the test wrote: a thread behind a unix socket that answers
// requests by method and target with canned replies, byte by byte where the test wants it so.
//
// Serves one connection after another in threads of their own; the destructor closes all and joins.

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/unique_fd.h"
#include "runtime/engine/endpoint.h"
#include "tests/support/temp_dir.h"

namespace trainyard::testing {

struct ScriptedRequest {
  std::string method;
  std::string target;  // with its version prefix
  std::string head;    // the whole of it
  std::string body;    // decoded
};

struct ScriptedReply {
  enum class Then { keep_alive, close, stall };
  std::string bytes;             // sent as they are
  Then then = Then::keep_alive;  // stall: nothing more comes, the connection stays open
  bool before_body = false;      // sent without reading the request's body
};

// Replies in good form.
ScriptedReply json_reply_of(unsigned status, const std::string& body);
// A chunked reply whose chunks are `pieces`; without an end unless `complete`.
ScriptedReply chunked_reply_of(const std::vector<std::string>& pieces, bool complete,
                               ScriptedReply::Then then);

class ScriptedEngine {
 public:
  // Answers /version with these, and refuses requests of other versions as a real one does.
  explicit ScriptedEngine(std::string oldest = "1.12", std::string newest = "1.41");
  ~ScriptedEngine();
  ScriptedEngine(const ScriptedEngine&) = delete;
  ScriptedEngine& operator=(const ScriptedEngine&) = delete;

  EngineEndpoint endpoint() const;

  // The next request whose "METHOD path" (without version and query) is `what` is answered so; the
  // last reply for it is played again and again. What has none is answered 404.
  void on(const std::string& what, ScriptedReply reply);
  // From now on the Engine speaks these versions.
  void set_versions(std::string oldest, std::string newest);

  std::vector<ScriptedRequest> requests() const;
  // Blocks until a request for `what` has come.
  void wait_for(const std::string& what);
  std::size_t connections() const;
  // Hangs up on all connections, as a restart does.
  void drop_connections();

 private:
  struct Peer {
    UniqueFd fd;
    std::thread thread;
  };
  void accept_peers();
  void serve(int fd);
  ScriptedReply answer(const ScriptedRequest& request);

  TempDir directory_;
  UniqueFd listener_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string oldest_;
  std::string newest_;
  std::map<std::string, std::deque<ScriptedReply>> replies_;
  std::vector<ScriptedRequest> requests_;
  std::list<Peer> peers_;
  std::thread acceptor_;
};

}  // namespace trainyard::testing
