#include "runtime/engine/docker/docker_client.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/engine/docker/engine_error.h"

namespace trainyard {
namespace {

constexpr std::size_t idle_connections = 4;
constexpr std::size_t reply_limit_bytes = 32 << 20;

Error cancelled() {
  return Error{ErrorKind::cancelled, "stopped while waiting for the Docker Engine"};
}

Deadline idle_deadline(std::chrono::milliseconds idle) {
  return idle == no_idle_limit ? never : after(idle);
}

// Nothing happens twice when it is sent twice.
bool is_repeatable(const HttpRequest& request) {
  return request.method == "GET" || request.method == "DELETE";
}

// The Engine was replaced by one of another version since we agreed.
bool is_version_refusal(unsigned status, std::string_view body) {
  return status == 400 && body.find("client version") != std::string_view::npos;
}

std::string encode(std::string_view text, std::string_view allowed) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       allowed.find(c) != std::string_view::npos;
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace

std::string encode_path(std::string_view text) {
  return encode(text, "-._~/:@");
}

std::string encode_query(std::string_view text) {
  return encode(text, "-._~");
}

EngineStream::EngineStream(std::unique_ptr<Connection> connection, std::chrono::milliseconds idle,
                           std::stop_token stop)
    : connection_(std::move(connection)),
      exchange_(*connection_),
      idle_(idle),
      stop_(std::move(stop)),
      wake_(stop_, ShutDown{connection_.get()}) {
}

Error EngineStream::explain(Error error) const {
  return stop_.stop_requested() ? cancelled() : std::move(error);
}

Result<void> EngineStream::begin(Deadline deadline) {
  auto status = exchange_.read_head(deadline);
  if (!status) return failure(explain(std::move(status.error())));
  status_ = *status;
  return {};
}

Result<std::size_t> EngineStream::read(std::span<std::byte> buffer) {
  if (!ahead_.empty()) {
    const std::size_t count = std::min(buffer.size(), ahead_.size());
    std::memcpy(buffer.data(), ahead_.data(), count);
    ahead_.erase(0, count);
    return count;
  }
  auto count = exchange_.read_body(buffer, idle_deadline(idle_));
  if (!count) return failure(explain(std::move(count.error())));
  if (*count == 0 && stop_.stop_requested()) return failure(cancelled());
  return count;
}

std::string EngineStream::read_text(std::size_t limit) {
  std::string text;
  std::vector<std::byte> buffer(16 * 1024);
  while (text.size() < limit) {
    const auto count = read(buffer);
    if (!count || *count == 0) break;
    text.append(as_text(std::span(buffer).first(std::min(*count, limit - text.size()))));
  }
  return text;
}

DockerClient::DockerClient(EngineEndpoint endpoint, DockerClientLimits limits,
                           std::stop_token abandon)
    : endpoint_(std::move(endpoint)), limits_(limits), abandon_(std::move(abandon)) {
}

Result<ApiVersion> DockerClient::api_version(std::stop_token stop) {
  if (!stop.stop_possible()) stop = abandon_;
  const auto ask = [this](std::stop_token asking) -> Result<ApiVersion> {
    HttpRequest request;
    request.method = "GET";
    request.target = "/version";
    TRY(const EngineReply reply, exchange(request, limits_.version, std::move(asking)));
    if (!reply.ok()) {
      return failure(engine_error("asking for the Engine's version", reply.status, reply.body));
    }
    return agree_on_version(reply.body);
  };
  return version_.get(ask, std::move(stop));
}

Result<HttpRequest> DockerClient::versioned(const HttpRequest& request, std::stop_token stop) {
  TRY(const ApiVersion version, api_version(std::move(stop)));
  HttpRequest result = request;
  result.target = fmt::format("/v{}{}", version.text(), request.target);
  return result;
}

Result<EngineReply> DockerClient::call(const HttpRequest& request, std::stop_token stop) {
  if (!stop.stop_possible()) stop = abandon_;
  TRY(HttpRequest first, versioned(request, stop));
  TRY(EngineReply reply, exchange(first, limits_.call, stop));
  if (!is_version_refusal(reply.status, reply.body)) return reply;
  version_.forget();
  TRY(HttpRequest second, versioned(request, stop));
  return exchange(second, limits_.call, stop);
}

Result<EngineReply> DockerClient::exchange(const HttpRequest& request,
                                           std::chrono::milliseconds patience,
                                           std::stop_token stop) {
  const Deadline deadline = after(patience);
  for (;;) {
    if (stop.stop_requested()) return failure(cancelled());
    std::unique_ptr<Connection> connection = take_idle();
    const bool reused = connection != nullptr;
    if (!reused) {
      auto opened = Connection::open(endpoint_, after(limits_.connect), stop);
      if (!opened) {
        note(opened.error());
        return failure(std::move(opened.error()));
      }
      connection = std::move(*opened);
    }
    bool answered = false;
    bool reusable = false;
    auto reply = [&] {
      const std::stop_callback wake(stop, [&] { connection->shut_down(); });
      return exchange_on(*connection, request, deadline, answered, reusable);
    }();
    if (reply && reusable) keep(std::move(connection));
    // After a stop the end of a reply may be our own shutting down.
    if (!reusable && stop.stop_requested()) return failure(cancelled());
    if (reply) return reply;
    note(reply.error());
    // A kept connection may have been closed just now. A fresh one that breaks is an answer.
    const bool lost = reply.error().kind == ErrorKind::unavailable && !answered;
    if (!reused || !lost || !is_repeatable(request)) return reply;
  }
}

Result<EngineReply> DockerClient::exchange_on(Connection& connection, const HttpRequest& request,
                                              Deadline deadline, bool& answered, bool& reusable) {
  HttpExchange exchange(connection);
  TRY_VOID(exchange.send(request, deadline));
  const auto status = exchange.read_head(deadline);
  answered = !exchange.unanswered();
  if (!status) return failure(status.error());
  EngineReply reply;
  reply.status = *status;
  const std::size_t limit = reply.status < 400 ? reply_limit_bytes : error_body_limit_bytes;
  std::vector<std::byte> buffer(16 * 1024);
  for (;;) {
    TRY(const std::size_t count, exchange.read_body(buffer, deadline));
    if (count == 0) break;
    if (reply.body.size() + count > limit) {
      if (reply.status >= 400) return reply;
      return failure(ErrorKind::limit_exceeded,
                     fmt::format("the Docker Engine's answer to {} is too long", request.target));
    }
    reply.body.append(as_text(std::span(buffer).first(count)));
  }
  reusable = exchange.reusable();
  return reply;
}

Result<std::unique_ptr<EngineStream>> DockerClient::stream(const HttpRequest& request,
                                                           const BodyProducer* body,
                                                           std::chrono::milliseconds idle,
                                                           std::stop_token stop) {
  for (int attempt = 0;; ++attempt) {
    TRY(const HttpRequest full, versioned(request, stop));
    auto connection = Connection::open(endpoint_, after(limits_.connect), stop);
    if (!connection) {
      note(connection.error());
      return failure(std::move(connection.error()));
    }
    auto stream = std::make_unique<EngineStream>(std::move(*connection), idle, stop);
    auto sent = body != nullptr ? stream->exchange().send_streamed(full, *body, limits_.call)
                                : stream->exchange().send(full, after(limits_.call));
    if (sent) sent = stream->begin(idle == no_idle_limit ? after(limits_.call) : after(idle));
    if (!sent) {
      if (stop.stop_requested()) return failure(cancelled());
      note(sent.error());
      return failure(std::move(sent.error()));
    }
    // A body cannot be produced twice.
    if (stream->status() != 400 || attempt > 0 || body != nullptr) return stream;
    const std::string text = stream->read_text(error_body_limit_bytes);
    if (!is_version_refusal(400, text)) {
      stream->put_back(text);
      return stream;
    }
    version_.forget();
  }
}

std::unique_ptr<Connection> DockerClient::take_idle() {
  const std::lock_guard lock(mutex_);
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->is_quiet()) return connection;
  }
  return nullptr;
}

void DockerClient::keep(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < idle_connections) idle_.push_back(std::move(connection));
}

void DockerClient::note(const Error& error) {
  // What answers next may be another Engine.
  if (error.kind == ErrorKind::unavailable) version_.forget();
}

}  // namespace trainyard
