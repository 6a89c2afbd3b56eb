#include "server/http_client.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <span>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "runtime/base/unique_fd.h"

namespace trainyard::server {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t header_limit = 64 * 1024;
constexpr std::size_t refusal_limit = 64 * 1024;

// A connected socket whose calls give up after a time, in the form that Beast reads from.
class Socket {
 public:
  explicit Socket(UniqueFd fd) : fd_(std::move(fd)) {}

  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers, error_code& error) {
    const boost::asio::mutable_buffer buffer = *boost::asio::buffer_sequence_begin(buffers);
    ssize_t count = 0;
    do {
      count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    } while (count < 0 && errno == EINTR);
    error = {};
    if (count < 0) error.assign(errno, boost::system::system_category());
    if (count == 0) error = boost::asio::error::eof;
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers) {
    error_code error;
    const std::size_t count = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return count;
  }

  Result<void> send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failure(system_error(errno, "send the request"));
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

 private:
  UniqueFd fd_;
};

bool gave_up(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK || error_number == EINPROGRESS;
}

Error broken(const BaseUrl& base, const error_code& error) {
  if (error.category() == boost::system::system_category() && gave_up(error.value())) {
    return {ErrorKind::timed_out, base.text() + " does not answer"};
  }
  const bool ended = error.category() == boost::system::system_category() ||
                     error == boost::asio::error::eof || error == http::error::end_of_stream ||
                     error == http::error::partial_message;
  if (ended) return {ErrorKind::unavailable, "the answer of " + base.text() + " broke off"};
  return {ErrorKind::data_corrupt,
          fmt::format("{} does not answer as a Trainyard does: {}", base.text(), error.message())};
}

Result<UniqueFd> connect_to(const addrinfo& address, std::chrono::seconds patience) {
  UniqueFd fd(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, 0));
  if (!fd) return failure(system_error(errno, "make a socket"));
  const timeval limit{.tv_sec = static_cast<time_t>(patience.count()), .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return fd;
  const int error_number = gave_up(errno) ? ETIMEDOUT : errno;
  return failure(system_error(error_number, "connect"));
}

Result<Socket> connect_to(const BaseUrl& base, std::chrono::seconds patience) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code =
      ::getaddrinfo(base.host.c_str(), std::to_string(base.port).c_str(), &hints, &found);
  if (code != 0) {
    return failure(ErrorKind::unavailable,
                   fmt::format("cannot find {}: {}", base.host, ::gai_strerror(code)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  Error last{ErrorKind::unavailable, "it has no address"};
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    auto fd = connect_to(*address, patience);
    if (fd) return Socket(std::move(*fd));
    last = fd.error();
  }
  return failure(last.kind, fmt::format("cannot reach {}: {}", base.text(), last.message));
}

std::string request_text(const BaseUrl& base, const HttpRequest& request) {
  std::string text = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: trainyard\r\nAccept: */*\r\n"
      "Connection: close\r\n",
      request.method, request.path, base.authority());
  for (const auto& [name, value] : request.headers) {
    text += fmt::format("{}: {}\r\n", name, value);
  }
  return text + "\r\n";
}

// Collects what fits and forgets the rest.
class RefusalSink final : public ByteSink {
 public:
  explicit RefusalSink(std::string& text) : text_(text) {}
  Result<void> write(std::span<const std::byte> bytes) override {
    text_ += as_text(bytes).substr(0, refusal_limit - std::min(refusal_limit, text_.size()));
    return {};
  }

 private:
  std::string& text_;
};

// Hands every piece on when it has arrived, not only when a buffer is full.
Result<HttpAnswer> read_answer(Socket& socket, const BaseUrl& base, ByteSink& body) {
  boost::beast::flat_buffer buffer(header_limit);
  http::response_parser<http::buffer_body> parser;
  parser.header_limit(header_limit);
  parser.body_limit(boost::none);
  error_code error;
  http::read_header(socket, buffer, parser, error);
  if (error) return failure(broken(base, error));

  HttpAnswer answer{static_cast<int>(parser.get().result_int()), ""};
  RefusalSink refusal(answer.text);
  ByteSink& sink = answer.status == 200 ? body : refusal;
  std::array<std::byte, header_limit> piece;
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    http::read_some(socket, buffer, parser, error);
    if (error && error != http::error::need_buffer) return failure(broken(base, error));
    const std::size_t count = piece.size() - parser.get().body().size;
    if (count > 0) TRY_VOID(sink.write(std::span(piece).first(count)));
  }
  return answer;
}

}  // namespace

std::string BaseUrl::authority() const {
  const bool brackets = host.find(':') != host.npos;
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "", port);
}

std::string BaseUrl::text() const {
  return "http://" + authority();
}

Result<BaseUrl> parse_base_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  const auto wrong = failure(
      ErrorKind::invalid_argument,
      fmt::format("\"{}\" is not the base URL of a Trainyard, such as http://127.0.0.1:4747",
                  text));
  if (!text.starts_with(scheme)) return wrong;
  std::string_view rest = text.substr(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  BaseUrl base;
  const std::size_t colon = rest.rfind(':');
  if (colon != rest.npos && rest.find(']', colon) == rest.npos) {
    const std::string_view port = rest.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), base.port);
    if (error != std::errc() || end != port.data() + port.size()) return wrong;
    rest = rest.substr(0, colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  constexpr std::string_view never_in_host = "/?#@[] \r\n\t";
  if (rest.empty() || rest.find_first_of(never_in_host) != rest.npos) return wrong;
  base.host = rest;
  return base;
}

Result<HttpAnswer> http_send(const BaseUrl& base, const HttpRequest& request, ByteSink& body,
                             std::chrono::seconds patience) {
  TRY(Socket socket, connect_to(base, patience));
  TRY_VOID(socket.send(request_text(base, request)));
  return read_answer(socket, base, body);
}

Result<HttpAnswer> http_get(const BaseUrl& base, std::string_view path, ByteSink& body,
                            std::chrono::seconds patience, std::string_view token) {
  HttpRequest request{"GET", std::string(path)};
  if (!token.empty())
    request.headers.emplace_back("Authorization", fmt::format("Bearer {}", token));
  return http_send(base, request, body, patience);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (plain.find(c) != plain.npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace trainyard::server
