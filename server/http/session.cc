#include "server/http/session.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "api/wire/protocol_error.h"
#include "server/http/request_body.h"
#include "server/http/request_id.h"
#include "server/http/response_writer.h"

namespace trainyard::server {

namespace {

using SteadyClock = std::chrono::steady_clock;
using Next = WorkerPool::Next;

constexpr std::size_t receive_bytes = 8 * 1024;

api::Request to_request(const RequestHead& head, RequestBody& body, const std::string& client) {
  api::Request request;
  request.id = new_request_id();
  request.method = head.method;
  request.path = head.path;
  request.query = head.query;
  request.client = client;
  request.headers = head.headers;
  if (!head.chunked) request.content_length = head.content_length.value_or(0);
  request.body = &body;
  return request;
}

// What `make` returns; an error of ours where it throws.
api::Response guarded(const std::function<api::Response()>& make, std::string_view request) {
  try {
    return make();
  } catch (const std::exception& error) {
    spdlog::error("request {} ended by exception: {}", request, error.what());
  } catch (...) {
    spdlog::error("request {} ended by an unknown exception", request);
  }
  return api::error_response(api::Protocol::plain, api::CommonError::internal,
                             fmt::format("internal error; the daemon's log says more: {}", request),
                             "");
}

api::Response call(const Handler& handler, api::Request& request) {
  return guarded([&] { return handler(request); },
                 fmt::format("{} ({} {})", request.id, request.method, request.path));
}

// An answer that is held, made now.
api::Response call(const api::HeldBody& held) {
  return guarded(held.answer, "that was held");
}

}  // namespace

Next Session::take_turn() {
  if (connection_.held) {
    if (const auto next = look_at_held()) return *next;
  }
  for (;;) {
    switch (await_header()) {
      case Arrival::complete:
        break;
      case Arrival::incomplete:
        if (rules_.stopping()) return Next::close;
        set_deadline();
        connection_.input.shrink();
        return Next::park;
      case Arrival::refused:
        leave_gently();
        return Next::close;
      case Arrival::gone:
        return Next::close;
    }
    if (!serve()) return Next::close;
    if (connection_.held) return park_held();
    connection_.deadline = {};
    // The others first, also before the requests that this client sent ahead.
    if (rules_.others_wait()) {
      if (!connection_.input.empty()) return Next::serve_again;
      set_deadline();
      return Next::park;
    }
  }
}

// Never waits longer than the linger time: a header that comes slowly is waited for by the
// reactor, which can do that for many clients at once.
Session::Arrival Session::await_header() {
  for (;;) {
    // RFC 9112, 2.2: empty lines before a request are ignored.
    while (connection_.input.unread().starts_with("\r\n")) connection_.input.consume(2);
    const std::string_view unread = connection_.input.unread();
    if (unread != "\r") {
      switch (connection_.scanner.scan(unread, rules_.limits.header_bytes)) {
        case HeadScanner::State::complete:
          return Arrival::complete;
        case HeadScanner::State::malformed:
          refuse(400, "not HTTP/1.1");
          return Arrival::refused;
        case HeadScanner::State::too_large:
          refuse(431, "the request's header is too large");
          return Arrival::refused;
        case HeadScanner::State::incomplete:
          break;
      }
    }
    const auto more = receive_more();
    if (!more) return Arrival::gone;
    if (!*more) return Arrival::incomplete;
  }
}

// False when nothing came.
Result<bool> Session::receive_more() {
  const auto linger =
      rules_.others_wait() ? std::chrono::milliseconds(0) : rules_.limits.linger_time;
  TRY(const auto count, connection_.stream.read(connection_.input.prepare(receive_bytes), linger));
  if (!count) return false;
  if (*count == 0) return failure(ErrorKind::unavailable, "the client closed the connection");
  connection_.input.commit(*count);
  return true;
}

void Session::set_deadline() {
  if (connection_.input.empty()) {
    connection_.header_begun = false;
    connection_.deadline = SteadyClock::now() + rules_.limits.idle_time;
  } else if (!std::exchange(connection_.header_begun, true)) {
    connection_.deadline = SteadyClock::now() + rules_.limits.header_time;
  }
}

// One request, whose header lies complete in the buffer. False when the connection is done.
bool Session::serve() {
  const std::size_t size = std::exchange(connection_.scanner, HeadScanner()).size();
  connection_.header_begun = false;
  const auto head = parse_request_head(connection_.input.unread().substr(0, size));
  connection_.input.consume(size);
  if (!head) {
    refuse(head.error().kind == ErrorKind::unsupported ? 417 : 400, head.error().message);
    leave_gently();
    return false;
  }
  return answer(*head);
}

bool Session::answer(const RequestHead& head) {
  const Limits& limits = rules_.limits;
  RequestBody body(connection_.stream, connection_.input, head, limits.read_time,
                   limits.write_time);
  api::Request request = to_request(head, body, connection_.client);
  api::Response response = call(rules_.handler, request);
  ResponseForm form{.head = head.method == "HEAD",
                    .at_least_1_1 = head.at_least_1_1,
                    .keep_alive = head.keep_alive};
  if (!body.finished()) {
    // A streamed answer may still read the request, so that stays where it is.
    const bool streamed = std::holds_alternative<api::StreamedBody>(response.body);
    const bool drained = !streamed && body.drain(limits.drained_bytes, limits.drain_time);
    form.keep_alive = form.keep_alive && drained;
  }
  if (const auto* const held = std::get_if<api::HeldBody>(&response.body)) {
    if (body.finished() && !rules_.stopping()) {
      connection_.held = std::make_unique<HeldAnswer>(std::move(response), form,
                                                      limits.sign_of_life_time, SteadyClock::now());
      return true;
    }
    response = call(api::HeldBody(*held));
  }
  form.keep_alive = form.keep_alive && !rules_.stopping();
  const auto kept = write_response(connection_.stream, response, form, limits.write_time);
  if (!kept) {
    spdlog::debug("request {} ({} {}) was not answered in full: {}", request.id, request.method,
                  request.path, kept.error().message);
    // A client of HTTP/1.0 would take an orderly end for the end of the body.
    return false;
  }
  if (!*kept && (!body.finished() || !connection_.input.empty())) leave_gently();
  return *kept;
}

Next Session::park_held() {
  connection_.deadline = connection_.held->next_look();
  connection_.input.shrink();
  return Next::park;
}

// What becomes of the connection; nothing when the answer was sent and another request may follow.
std::optional<Next> Session::look_at_held() {
  if (!client_is_there()) return Next::close;
  const auto now = SteadyClock::now();
  HeldAnswer& held = *connection_.held;
  if (held.due(now) || rules_.stopping()) {
    if (!answer_held()) return Next::close;
    connection_.held.reset();
    return std::nullopt;
  }
  if (held.sign_of_life_due(now) && !give_sign_of_life()) return Next::close;
  return park_held();
}

// Clients send nothing while they wait; what one sends all the same is kept for later, to a limit.
bool Session::client_is_there() {
  const auto count = connection_.stream.read(connection_.input.prepare(receive_bytes),
                                             std::chrono::milliseconds(0));
  if (!count || (*count && **count == 0)) return false;
  connection_.input.commit(count->value_or(0));
  return connection_.input.unread().size() <= rules_.limits.header_bytes;
}

bool Session::give_sign_of_life() {
  HeldAnswer& held = *connection_.held;
  const auto write_time = rules_.limits.write_time;
  const auto written =
      held.begun() ? write_space(connection_.stream, write_time)
                   : begin_response(connection_.stream, held.header(), held.form(), write_time);
  held.gave_sign_of_life(SteadyClock::now());
  return written.has_value();
}

// Whether another request may follow.
bool Session::answer_held() {
  HeldAnswer& held = *connection_.held;
  api::Response response = call(held.body());
  ResponseForm form = held.form();
  form.keep_alive = form.keep_alive && !rules_.stopping();
  if (!held.begun()) {
    const auto kept = write_response(connection_.stream, response, form, rules_.limits.write_time);
    return kept && *kept;
  }
  // It was begun as a success. An end without end lets the client ask again.
  const auto* const text = std::get_if<std::string>(&response.body);
  if (response.status != 200 || text == nullptr) return false;
  return end_response(connection_.stream, *text, rules_.limits.write_time) && form.keep_alive;
}

void Session::refuse(int status, std::string_view message) {
  api::Response response =
      api::error_response(api::Protocol::plain, status, "", message, new_request_id());
  // Nobody is left to tell when this fails.
  (void)write_response(connection_.stream, response, {.keep_alive = false},
                       rules_.limits.silent_time);
}

// Closing a socket with unread bytes resets the connection, and the client could lose the answer
// before it has read it. So the rest is read for a while first.
void Session::leave_gently() {
  connection_.stream.finish_writing();
  const auto deadline = SteadyClock::now() + rules_.limits.drain_time;
  std::vector<std::byte> buffer(stream_buffer_bytes);
  while (SteadyClock::now() < deadline) {
    const auto count = connection_.stream.read(buffer, rules_.limits.silent_time);
    if (!count || !*count || **count == 0) return;
  }
}

}  // namespace trainyard::server
