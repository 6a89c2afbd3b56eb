#include "server/http/request_head.h"

#include <algorithm>
#include <charconv>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <strings.h>

namespace trainyard::server {

namespace {

namespace http = boost::beast::http;

using Parser = http::request_parser<http::empty_body>;

tl::unexpected<Error> malformed(std::string message) {
  return failure(ErrorKind::invalid_argument, std::move(message));
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

Result<std::optional<std::uint64_t>> content_length(const api::Headers& headers) {
  std::optional<std::uint64_t> length;
  for (const std::string_view text : headers.all("Content-Length")) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
      return malformed("the Content-Length is not a number");
    }
    if (length && *length != value) return malformed("the request has two lengths");
    length = value;
  }
  return length;
}

Result<void> read_framing(RequestHead& head) {
  TRY(head.content_length, content_length(head.headers));
  const auto encodings = head.headers.all("Transfer-Encoding");
  if (encodings.empty()) return {};
  // RFC 9112, 6.1 and 6.3: each of these is how one request is smuggled inside another.
  if (head.content_length) return malformed("both Content-Length and Transfer-Encoding");
  if (!head.at_least_1_1) return malformed("Transfer-Encoding in HTTP/1.0");
  if (encodings.size() != 1 || !equal_ignoring_case(encodings.front(), "chunked")) {
    return malformed("a Transfer-Encoding other than chunked");
  }
  head.chunked = true;
  return {};
}

Result<void> read_expectation(RequestHead& head) {
  const auto expectation = head.headers.find("Expect");
  if (!expectation || !head.at_least_1_1) return {};
  if (!equal_ignoring_case(*expectation, "100-continue")) {
    return failure(ErrorKind::unsupported, "an expectation other than 100-continue");
  }
  head.expects_continue = true;
  return {};
}

Result<void> read_host(const RequestHead& head) {
  const std::size_t count = head.headers.all("Host").size();
  if (count > 1) return malformed("more than one Host");
  if (count == 0 && head.at_least_1_1) return malformed("no Host");
  return {};
}

Result<void> read_target(RequestHead& head, std::string_view target) {
  if (!target.starts_with('/')) return malformed("the request's target does not begin with /");
  const std::size_t mark = target.find('?');
  head.path = target.substr(0, mark);
  if (mark != std::string_view::npos) head.query = target.substr(mark + 1);
  return {};
}

}  // namespace

HeadScanner::State HeadScanner::scan(std::string_view bytes, std::size_t limit) {
  // Whatever does not begin like a method is not HTTP, e.g. the first byte of a TLS hello.
  if (!bytes.empty() && (bytes[0] < 'A' || bytes[0] > 'z')) return State::malformed;
  const std::size_t end = std::min(bytes.size(), limit);
  while (scanned_ < end) {
    const std::size_t newline = bytes.substr(0, end).find('\n', scanned_);
    if (newline == std::string_view::npos) {
      scanned_ = end;
      break;
    }
    if (newline == 0 || bytes[newline - 1] != '\r') return State::malformed;
    scanned_ = newline + 1;
    if (newline >= 2 && bytes[newline - 2] == '\n') return State::complete;
  }
  return bytes.size() >= limit ? State::too_large : State::incomplete;
}

Result<RequestHead> parse_request_head(std::string_view text) {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(text.size()) + 1);
  parser.body_limit(boost::none);
  boost::beast::error_code error;
  parser.put(boost::asio::buffer(text.data(), text.size()), error);
  if (error || !parser.is_header_done()) return malformed("not an HTTP/1.1 request");

  const auto& message = parser.get();
  if (message.version() != 10 && message.version() != 11) return malformed("not HTTP/1.1");
  RequestHead head;
  head.method = message.method_string();
  head.at_least_1_1 = message.version() == 11;
  head.keep_alive = message.keep_alive();
  for (const auto& field : message) head.headers.add(field.name_string(), field.value());
  TRY_VOID(read_target(head, message.target()));
  TRY_VOID(read_host(head));
  TRY_VOID(read_framing(head));
  TRY_VOID(read_expectation(head));
  return head;
}

}  // namespace trainyard::server
