#pragma once

// A request and its answer as plain values: what the server hands to a service and what it gets
// back. No sockets here; bodies are streams (see runtime/base/stream.h).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/base/notice.h"
#include "runtime/base/stream.h"
#include "runtime/base/unique_fd.h"

namespace trainyard::api {

// Header fields in order of arrival. Names compare without regard to case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // Replaces all fields of that name.
  void set(std::string_view name, std::string value);
  // The first field of that name, or nothing.
  std::optional<std::string_view> find(std::string_view name) const;
  // The first field of that name, or "".
  std::string_view get(std::string_view name) const { return find(name).value_or(""); }
  std::vector<std::string_view> all(std::string_view name) const;
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

struct Request {
  std::string id;      // goes back as x-amzn-RequestId / x-amz-request-id, and into log lines
  std::string method;  // upper case
  std::string path;    // raw, still percent-encoded, begins with "/"
  std::string query;   // raw, without "?"
  std::string client;  // its IP address, "" when it is not known
  Headers headers;
  std::optional<std::uint64_t> content_length;  // absent for a chunked body
  // The body; never null, empty when there is none. Reading it answers `Expect: 100-continue`
  // first. Owned by the server; valid until the response has been sent.
  ByteSource* body = nullptr;
};

// A part of an open file.
struct FileRange {
  std::shared_ptr<void> owner;  // keeps `fd` open
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// A body made while it is sent; without a length it goes out chunked. Reading may block.
struct StreamedBody {
  std::unique_ptr<ByteSource> source;
  std::optional<std::uint64_t> length;
};

struct Response;

// An answer that is not there yet. The server keeps the request, without a thread, until `ready`
// was given or `limit` has passed, and makes the answer then; a client that goes away ends it. Who
// has to wait long is given the header of the response that this stands in, and spaces from time to
// time: the answer must then be of status 200, and of a form that may begin with spaces.
struct HeldBody {
  std::shared_ptr<Notice> ready;
  std::shared_ptr<void> source;  // what gives the notice, as long as somebody waits for it
  std::optional<std::chrono::milliseconds> limit;
  std::function<Response()> answer;  // any thread; may block
};

struct Response {
  int status = 200;
  Headers headers;  // without Content-Length, Transfer-Encoding, Connection, Date, Server
  std::variant<std::string, FileRange, StreamedBody, HeldBody> body;
  // A HEAD answer states the length of the body that a GET would have.
  std::optional<std::uint64_t> head_length;
  // What was asked for, as the service's API calls it; "" where there is no such operation. For the
  // log, never sent.
  std::string operation;
};

}  // namespace trainyard::api
