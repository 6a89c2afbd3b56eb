#include "server/http/response_writer.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <strings.h>

#include "server/version.h"

namespace trainyard::server {

namespace {

using Duration = std::chrono::milliseconds;

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

// The present second in the form of the Date field (RFC 9110, 5.6.7).
std::string_view current_date() {
  thread_local std::time_t second = -1;
  thread_local std::array<char, 32> text{};
  const std::time_t now = std::time(nullptr);
  if (now != second) {
    second = now;
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    // The program never changes its locale, so the names are English.
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  }
  return text.data();
}

// The writer alone says how the message is framed.
bool is_framing_field(std::string_view name) {
  constexpr std::array<std::string_view, 5> names{"Content-Length", "Transfer-Encoding",
                                                  "Connection", "Date", "Server"};
  return std::any_of(names.begin(), names.end(), [&](std::string_view framing) {
    return framing.size() == name.size() &&
           ::strncasecmp(framing.data(), name.data(), name.size()) == 0;
  });
}

// A value may hold what a client once sent; it must not end the field.
std::string safe_value(std::string_view value) {
  std::string safe(value);
  for (char& c : safe) {
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  }
  return safe;
}

std::optional<std::uint64_t> body_length(const api::Response& response) {
  if (const auto* text = std::get_if<std::string>(&response.body)) return text->size();
  if (const auto* file = std::get_if<api::FileRange>(&response.body)) return file->length;
  if (const auto* streamed = std::get_if<api::StreamedBody>(&response.body)) {
    return streamed->length;
  }
  return std::nullopt;
}

struct Framing {
  bool body = true;  // bytes follow the header
  bool chunked = false;
  bool keep_alive = true;
  std::optional<std::uint64_t> stated_length;
};

Framing frame(const api::Response& response, ResponseForm form) {
  Framing framing;
  framing.keep_alive = form.keep_alive;
  if (response.status == 204 || response.status < 200) {
    framing.body = false;
  } else if (form.head || response.status == 304) {
    framing.body = false;
    framing.stated_length = response.head_length;
    if (form.head && !framing.stated_length) framing.stated_length = body_length(response);
  } else {
    framing.stated_length = body_length(response);
    framing.chunked = !framing.stated_length && form.at_least_1_1;
    // To an HTTP/1.0 client the end of the connection is the end of such a body.
    if (!framing.stated_length && !framing.chunked) framing.keep_alive = false;
  }
  return framing;
}

std::string header_text(const api::Response& response, ResponseForm form, const Framing& framing) {
  std::string text;
  text.reserve(512);
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\nServer: trainyard/{}\r\n", response.status,
                 reason_phrase(response.status), current_date(), version());
  for (const auto& [name, value] : response.headers.fields()) {
    if (is_framing_field(name)) continue;
    fmt::format_to(out, "{}: {}\r\n", safe_value(name), safe_value(value));
  }
  if (framing.stated_length) {
    fmt::format_to(out, "Content-Length: {}\r\n", *framing.stated_length);
  }
  if (framing.chunked) text += "Transfer-Encoding: chunked\r\n";
  if (!framing.keep_alive) {
    text += "Connection: close\r\n";
  } else if (!form.at_least_1_1) {
    text += "Connection: keep-alive\r\n";
  }
  text += "\r\n";
  return text;
}

Result<void> write_sized(SocketStream& stream, ByteSource& source, std::uint64_t length,
                         Duration write_time) {
  std::vector<std::byte> buffer(
      static_cast<std::size_t>(std::min<std::uint64_t>(length, stream_buffer_bytes)));
  while (length > 0) {
    const auto room = std::min<std::uint64_t>(length, buffer.size());
    TRY(const std::size_t count,
        source.read(std::span(buffer).first(static_cast<std::size_t>(room))));
    if (count == 0) {
      return failure(ErrorKind::data_corrupt, "the answer's body ended before its stated length");
    }
    TRY_VOID(stream.write(as_text(std::span(buffer).first(count)), "", write_time));
    length -= count;
  }
  return {};
}

Result<void> write_chunks(SocketStream& stream, ByteSource& source, Duration write_time) {
  std::vector<std::byte> buffer(stream_buffer_bytes);
  // Room for the line end behind the bytes, so that a chunk is one write.
  const auto room = std::span(buffer).first(buffer.size() - 2);
  for (;;) {
    TRY(const std::size_t count, source.read(room));
    if (count == 0) return stream.write("0\r\n\r\n", "", write_time);
    buffer[count] = std::byte{'\r'};
    buffer[count + 1] = std::byte{'\n'};
    TRY_VOID(stream.write(fmt::format("{:x}\r\n", count),
                          as_text(std::span(buffer).first(count + 2)), write_time));
  }
}

// The end of the connection ends the body.
Result<void> write_to_the_end(SocketStream& stream, ByteSource& source, Duration write_time) {
  std::vector<std::byte> buffer(stream_buffer_bytes);
  for (;;) {
    TRY(const std::size_t count, source.read(buffer));
    if (count == 0) return {};
    TRY_VOID(stream.write(as_text(std::span(buffer).first(count)), "", write_time));
  }
}

Result<void> write_streamed(SocketStream& stream, const std::string& header,
                            const api::StreamedBody& body, const Framing& framing,
                            Duration write_time) {
  // The first bytes of a body may take long to come; its header does not wait for them.
  TRY_VOID(stream.write(header, "", write_time));
  if (body.length) return write_sized(stream, *body.source, *body.length, write_time);
  if (framing.chunked) return write_chunks(stream, *body.source, write_time);
  return write_to_the_end(stream, *body.source, write_time);
}

constexpr std::string_view space_chunk = "1\r\n \r\n";

}  // namespace

Result<void> begin_response(SocketStream& stream, const api::Response& response, ResponseForm form,
                            Duration write_time) {
  return stream.write(header_text(response, form, frame(response, form)), space_chunk, write_time);
}

Result<void> write_space(SocketStream& stream, Duration write_time) {
  return stream.write(space_chunk, "", write_time);
}

Result<void> end_response(SocketStream& stream, std::string_view text, Duration write_time) {
  const std::string head = text.empty() ? "" : fmt::format("{:x}\r\n", text.size());
  TRY_VOID(stream.write(head, text, write_time, true));
  return stream.write(text.empty() ? "0\r\n\r\n" : "\r\n0\r\n\r\n", "", write_time);
}

Result<bool> write_response(SocketStream& stream, api::Response& response, ResponseForm form,
                            Duration write_time) {
  const Framing framing = frame(response, form);
  const std::string header = header_text(response, form, framing);
  if (!framing.body) {
    TRY_VOID(stream.write(header, "", write_time));
  } else if (const auto* text = std::get_if<std::string>(&response.body)) {
    TRY_VOID(stream.write(header, *text, write_time));
  } else if (const auto* file = std::get_if<api::FileRange>(&response.body)) {
    TRY_VOID(stream.write(header, "", write_time, file->length > 0));
    TRY_VOID(stream.send_file(file->fd, file->offset, file->length, write_time));
  } else {
    TRY_VOID(write_streamed(stream, header, std::get<api::StreamedBody>(response.body), framing,
                            write_time));
  }
  return framing.keep_alive;
}

}  // namespace trainyard::server
