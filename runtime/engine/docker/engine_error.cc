#include "runtime/engine/docker/engine_error.h"

#include <algorithm>
#include <initializer_list>

#include <nlohmann/json.hpp>

#include "runtime/engine/docker/json_access.h"

namespace trainyard {
namespace {

constexpr std::size_t message_limit_bytes = 4096;

bool contains_any(std::string_view text, std::initializer_list<std::string_view> needles) {
  return std::ranges::any_of(needles, [&](std::string_view needle) {
    return text.find(needle) != std::string_view::npos;
  });
}

ErrorKind kind_of(unsigned status, std::string_view message) {
  // Which status these come with differs between the Engine's versions.
  if (contains_any(message, {"Pool overlaps", "overlaps with", "subnet is already used"})) {
    return ErrorKind::conflict;
  }
  if (contains_any(message, {"has active endpoints", "volume is in use", "is being used"})) {
    return ErrorKind::conflict;
  }
  switch (status) {
    case 400:
      return ErrorKind::invalid_argument;
    case 401:
    case 403:
      return ErrorKind::permission_denied;
    case 404:
      return ErrorKind::not_found;
    case 409:
      return contains_any(message, {"already in use", "already exists"}) ? ErrorKind::already_exists
                                                                         : ErrorKind::conflict;
    case 502:
    case 503:
    case 504:
      return ErrorKind::unavailable;
    default:
      return ErrorKind::internal;
  }
}

}  // namespace

std::string engine_message(std::string_view body) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  std::string message = text_at(json, "message");
  if (message.empty()) message = body;
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  if (message.size() > message_limit_bytes) message.resize(message_limit_bytes);
  return message;
}

Error engine_error(std::string_view what, unsigned status, std::string_view body) {
  std::string message = engine_message(body);
  const ErrorKind kind = kind_of(status, message);
  if (message.empty()) message = fmt::format("the Engine answered with status {}", status);
  return Error{kind, fmt::format("{}: {}", what, message)};
}

bool is_command_error(std::string_view message) {
  // Text of the container runtime, not of a mount that failed for a like reason.
  return contains_any(message, {"exec:", "exec format error", "starting container process",
                                "start container process"}) &&
         contains_any(message, {"executable file not found", "no such file or directory",
                                "permission denied", "exec format error", "is a directory"});
}

Error pull_error(std::string_view reference, std::string_view message) {
  ErrorKind kind = ErrorKind::internal;
  if (contains_any(message, {"dial tcp", "dial unix", "connection refused", "no such host",
                             "i/o timeout", "TLS handshake timeout", "Client.Timeout",
                             "connection reset", "unexpected EOF", "server gave HTTP response",
                             "toomanyrequests", "received unexpected HTTP status: 5"})) {
    kind = ErrorKind::unavailable;
  } else if (contains_any(message, {"repository does not exist", "manifest unknown", "name unknown",
                                    "not found", "no matching manifest"})) {
    kind = ErrorKind::not_found;
  } else if (contains_any(message, {"no basic auth credentials", "unauthorized", "denied",
                                    "authentication required", "Forbidden"})) {
    kind = ErrorKind::permission_denied;
  } else if (contains_any(message, {"invalid reference format"})) {
    kind = ErrorKind::invalid_argument;
  } else if (contains_any(message, {"no space left on device"})) {
    kind = ErrorKind::limit_exceeded;
  }
  return Error{kind, fmt::format("pulling {}: {}", reference, message)};
}

}  // namespace trainyard
