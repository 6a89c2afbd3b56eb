#include "runtime/engine/docker/http_exchange.h"

#include <algorithm>
#include <optional>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace trainyard {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t read_bytes = 64 * 1024;
constexpr std::uint32_t head_limit_bytes = 64 * 1024;

std::string head_of(const HttpRequest& request, std::optional<std::size_t> body_bytes) {
  // The name of the host means nothing on a socket, but has to be there.
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: docker\r\nUser-Agent: trainyard\r\n",
                                 request.method, request.target);
  for (const auto& [name, value] : request.headers) {
    head += fmt::format("{}: {}\r\n", name, value);
  }
  if (!request.content_type.empty()) {
    head += fmt::format("Content-Type: {}\r\n", request.content_type);
  }
  if (!body_bytes) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (*body_bytes > 0 || request.method != "GET") {
    head += fmt::format("Content-Length: {}\r\n", *body_bytes);
  }
  return head + "\r\n";
}

tl::unexpected<Error> hung_up() {
  return failure(ErrorKind::unavailable, "the Docker Engine closed the connection");
}

// Why a body is not sent any further: the peer has answered.
constexpr std::string_view answered_early = "the Docker Engine answered before the end of the body";

class ChunkSink final : public ByteSink {
 public:
  ChunkSink(Connection& connection, std::chrono::milliseconds idle)
      : connection_(connection), idle_(idle) {}

  Result<void> write(std::span<const std::byte> bytes) override {
    if (bytes.empty()) return {};
    TRY_VOID(send(as_bytes(fmt::format("{:x}\r\n", bytes.size()))));
    TRY_VOID(send(bytes));
    return send(as_bytes("\r\n"));
  }

  Result<void> finish() { return send(as_bytes("0\r\n\r\n")); }

  bool was_answered() const { return answered_; }

 private:
  Result<void> send(std::span<const std::byte> bytes) {
    if (!answered_) {
      // In pieces, so that a slow peer gets the idle time for each.
      constexpr std::size_t piece = 1 << 20;
      for (std::size_t at = 0; at < bytes.size() && !answered_; at += piece) {
        const auto part = bytes.subspan(at, std::min(piece, bytes.size() - at));
        TRY(const auto written, connection_.write(part, true, after(idle_)));
        answered_ = written == Connection::Written::peer_spoke;
      }
    }
    if (answered_) return failure(ErrorKind::unavailable, std::string(answered_early));
    return {};
  }

  Connection& connection_;
  std::chrono::milliseconds idle_;
  bool answered_ = false;
};

}  // namespace

struct HttpExchange::Reply {
  boost::beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  bool begun = false;

  Reply() {
    parser.header_limit(head_limit_bytes);
    parser.body_limit(boost::none);
  }

  // Moves the parser on by what is in the buffer, reading more where it needs more.
  Result<void> step(Connection& connection, Deadline deadline) {
    boost::beast::error_code error;
    if (buffer.size() > 0) {
      buffer.consume(parser.put(buffer.data(), error));
      if (!error || error == http::error::need_buffer) return {};
      if (error != http::error::need_more) return not_http(error);
    }
    const auto space = buffer.prepare(read_bytes);
    TRY(const std::size_t count,
        connection.read_some({static_cast<std::byte*>(space.data()), space.size()}, deadline));
    buffer.commit(count);
    if (count > 0) {
      begun = true;
      return {};
    }
    if (!begun) return hung_up();
    error = {};
    parser.put_eof(error);
    if (error) return hung_up();
    return {};
  }

  static tl::unexpected<Error> not_http(const boost::beast::error_code& error) {
    return failure(ErrorKind::unavailable,
                   fmt::format("what answers at the Engine's address does not speak HTTP as a "
                               "Docker Engine does: {}",
                               error.message()));
  }
};

HttpExchange::HttpExchange(Connection& connection)
    : connection_(connection), reply_(std::make_unique<Reply>()) {
}

HttpExchange::~HttpExchange() = default;

Result<void> HttpExchange::send(const HttpRequest& request, Deadline deadline) {
  const std::string message = head_of(request, request.body.size()) + request.body;
  TRY(const auto written, connection_.write(as_bytes(message), true, deadline));
  sent_all_ = written == Connection::Written::all;
  return {};
}

Result<void> HttpExchange::send_streamed(const HttpRequest& request, const BodyProducer& body,
                                         std::chrono::milliseconds idle) {
  TRY(const auto written,
      connection_.write(as_bytes(head_of(request, std::nullopt)), true, after(idle)));
  if (written == Connection::Written::peer_spoke) return {};
  ChunkSink sink(connection_, idle);
  auto result = body(sink);
  if (result) result = sink.finish();
  if (sink.was_answered()) return {};
  sent_all_ = result.has_value();
  return result;
}

Result<unsigned> HttpExchange::read_head(Deadline deadline) {
  while (!reply_->parser.is_header_done()) TRY_VOID(reply_->step(connection_, deadline));
  return reply_->parser.get().result_int();
}

std::string HttpExchange::header(std::string_view name) const {
  const auto& fields = reply_->parser.get().base();
  const auto found = fields.find(boost::beast::string_view(name.data(), name.size()));
  return found == fields.end() ? std::string() : std::string(found->value());
}

Result<std::size_t> HttpExchange::read_body(std::span<std::byte> buffer, Deadline deadline) {
  auto& body = reply_->parser.get().body();
  while (!reply_->parser.is_done()) {
    body.data = buffer.data();
    body.size = buffer.size();
    body.more = true;
    TRY_VOID(reply_->step(connection_, deadline));
    const std::size_t count = buffer.size() - body.size;
    body.data = nullptr;
    if (count > 0) return count;
  }
  return 0;
}

bool HttpExchange::unanswered() const {
  return !reply_->begun;
}

bool HttpExchange::reusable() const {
  return sent_all_ && reply_->parser.is_done() && reply_->parser.keep_alive() &&
         reply_->buffer.size() == 0;
}

}  // namespace trainyard
