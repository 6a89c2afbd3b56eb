#pragma once

// Requests to the Docker Engine's API: connections, API version, cancellation and deadlines. Knows
// nothing of what the requests mean. All members may be called from any thread.

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/stream.h"
#include "runtime/engine/docker/api_version.h"
#include "runtime/engine/docker/connection.h"
#include "runtime/engine/docker/http_exchange.h"
#include "runtime/engine/endpoint.h"

namespace trainyard {

struct EngineReply {
  unsigned status = 0;
  std::string body;

  bool ok() const { return status >= 200 && status < 300; }
};

// A reply whose body is read as it comes, over a connection of its own. Reading is ended by the
// stop token it was opened with. Destroying it closes the connection.
class EngineStream final : public ByteSource {
 public:
  EngineStream(std::unique_ptr<Connection> connection, std::chrono::milliseconds idle,
               std::stop_token stop);

  Result<std::size_t> read(std::span<std::byte> buffer) override;

  unsigned status() const { return status_; }
  bool ok() const { return status_ >= 200 && status_ < 300; }
  HttpExchange& exchange() { return exchange_; }
  // Reads the head of the reply.
  Result<void> begin(Deadline deadline);
  // `text` was read by somebody who looked into the body: it is read again.
  void put_back(std::string text) { ahead_ = std::move(text); }
  // The rest of the body, at most `limit` bytes of it.
  std::string read_text(std::size_t limit);

 private:
  // What woke us was the stop, whatever the connection says about it.
  Error explain(Error error) const;

  std::unique_ptr<Connection> connection_;
  HttpExchange exchange_;
  std::chrono::milliseconds idle_;
  std::stop_token stop_;
  struct ShutDown {
    Connection* connection;
    void operator()() const { connection->shut_down(); }
  };
  std::stop_callback<ShutDown> wake_;
  unsigned status_ = 0;
  std::string ahead_;
};

struct DockerClientLimits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds call{300'000};  // starting and removing can be slow on a busy machine
  std::chrono::milliseconds version{10'000};
};

// For a stream that may be silent for as long as it likes.
inline constexpr std::chrono::milliseconds no_idle_limit = std::chrono::milliseconds::max();

class DockerClient {
 public:
  // `abandon` stops the calls that bring no stop token of their own.
  explicit DockerClient(EngineEndpoint endpoint, DockerClientLimits limits = {},
                        std::stop_token abandon = {});

  const EngineEndpoint& endpoint() const { return endpoint_; }
  Result<ApiVersion> api_version(std::stop_token stop = {});

  // A short exchange over a kept connection. `request.target` is below the version, such as
  // "/containers/json". A reply of any status is a success.
  Result<EngineReply> call(const HttpRequest& request, std::stop_token stop = {});

  // Sends a request, with a body when `body` is given, and returns its reply to be read. `idle`
  // is how long the Engine may be silent in the middle of the reply.
  Result<std::unique_ptr<EngineStream>> stream(const HttpRequest& request, const BodyProducer* body,
                                               std::chrono::milliseconds idle,
                                               std::stop_token stop);

 private:
  Result<EngineReply> exchange(const HttpRequest& request, std::chrono::milliseconds patience,
                               std::stop_token stop);
  Result<EngineReply> exchange_on(Connection& connection, const HttpRequest& request,
                                  Deadline deadline, bool& answered, bool& reusable);
  std::unique_ptr<Connection> take_idle();
  void keep(std::unique_ptr<Connection> connection);
  void note(const Error& error);
  Result<HttpRequest> versioned(const HttpRequest& request, std::stop_token stop);

  EngineEndpoint endpoint_;
  DockerClientLimits limits_;
  std::stop_token abandon_;
  VersionAgreement version_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

// Percent-encodes what is not allowed in a path (slashes stay), or in the value of a query.
std::string encode_path(std::string_view text);
std::string encode_query(std::string_view text);

}  // namespace trainyard
