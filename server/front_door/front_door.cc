#include "server/front_door/front_door.h"

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "server/front_door/peeked_body.h"

namespace trainyard::server {

namespace {

using api::CommonError;

// Clients write Action and Version first; what follows can be far longer.
constexpr std::size_t form_peek_bytes = 64 * 1024;

api::Response error(const Destination& destination, CommonError kind, std::string_view message,
                    const api::Request& request) {
  return api::error_response(destination.protocol, kind, message, request.id);
}

// A web page may read an answer only where the answer says so.
void allow_origin(std::string_view origin, api::Response& response) {
  response.headers.set("Access-Control-Allow-Origin", std::string(origin));
  response.headers.set("Access-Control-Expose-Headers", "*");
  response.headers.add("Vary", "Origin");
}

bool is_preflight(const api::Request& request) {
  return request.method == "OPTIONS" && request.headers.find("Access-Control-Request-Method");
}

// The question of a browser whether a page of a configured origin may send its request.
api::Response answer_preflight(const api::Request& request) {
  api::Response response;
  response.status = 204;
  response.headers.add("Access-Control-Allow-Methods", "GET, HEAD, PUT, POST, DELETE");
  response.headers.add("Access-Control-Allow-Headers",
                       std::string(request.headers.get("Access-Control-Request-Headers")));
  response.headers.add("Access-Control-Max-Age", "600");
  return response;
}

// An object can be a web page, and would be one of our own origin: without this its scripts could
// start jobs. A sandboxed page has no origin.
void sandbox_pages(const Destination& destination, const api::Request& request,
                   api::Response& response) {
  if (destination.service == Service::s3 && request.headers.find("Sec-Fetch-Site")) {
    response.headers.set("Content-Security-Policy", "sandbox");
  }
}

// A streamed answer that may still read the request's body.
class AnswerWithBody final : public ByteSource {
 public:
  AnswerWithBody(std::shared_ptr<ByteSource> body, std::unique_ptr<ByteSource> answer)
      : body_(std::move(body)), answer_(std::move(answer)) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override { return answer_->read(buffer); }

 private:
  std::shared_ptr<ByteSource> body_;  // destroyed last
  std::unique_ptr<ByteSource> answer_;
};

void keep_with(api::Response& response, std::shared_ptr<ByteSource> body) {
  if (auto* const streamed = std::get_if<api::StreamedBody>(&response.body)) {
    streamed->source =
        std::make_unique<AnswerWithBody>(std::move(body), std::move(streamed->source));
  }
}

}  // namespace

FrontDoor::FrontDoor(const GateRules& rules, std::map<Service, ServiceHandler> services)
    : gate_(rules), dispatcher_(DispatchRules{rules.hosts}), services_(std::move(services)) {
}

api::Response FrontDoor::answer(api::Request& request) const {
  const auto begin = std::chrono::steady_clock::now();
  Destination destination;
  api::Response response = route(request, destination);
  api::add_request_id(destination.protocol, response, request.id);
  sandbox_pages(destination, request, response);
  if (const auto origin = gate_.configured_origin(request)) allow_origin(*origin, response);
  const auto duration = std::chrono::steady_clock::now() - begin;
  spdlog::debug("{} {} {} {} {} {} us", request.id, request.method, request.path,
                to_string(destination.service), response.status,
                std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
  return response;
}

api::Response FrontDoor::route(api::Request& request, Destination& destination) const {
  destination = dispatcher_.destination(request);
  if (const auto refusal = gate_.refusal(request)) {
    return error(destination, CommonError::access_denied, *refusal, request);
  }
  if (gate_.configured_origin(request) && is_preflight(request)) return answer_preflight(request);
  if (!Dispatcher::needs_form(request)) return serve(request, destination);

  const auto body = std::make_shared<PeekedBody>(*request.body);
  const auto form = body->peek(form_peek_bytes);
  if (!form) {
    return error(destination, CommonError::unreadable_body, form.error().message, request);
  }
  destination = dispatcher_.destination(request, *form);
  ByteSource* const original = std::exchange(request.body, body.get());
  api::Response response = serve(request, destination);
  request.body = original;
  keep_with(response, body);
  return response;
}

api::Response FrontDoor::serve(api::Request& request, const Destination& destination) const {
  if (destination.wrong_scope) {
    return error(destination, CommonError::wrong_scope,
                 fmt::format("The request is signed for another service than {}.",
                             to_string(destination.service)),
                 request);
  }
  if (destination.service == Service::unknown) {
    return error(destination, CommonError::unknown_operation,
                 fmt::format("{} {} is no operation that is known here.", request.method,
                             request.path.substr(0, 200)),
                 request);
  }
  const auto service = services_.find(destination.service);
  if (service == services_.end()) {
    return error(destination, CommonError::not_implemented,
                 fmt::format("The service {} is not served here.", to_string(destination.service)),
                 request);
  }
  try {
    return service->second(request, destination);
  } catch (const std::exception& exception) {
    spdlog::error("request {} ({} {}) ended by exception: {}", request.id, request.method,
                  request.path, exception.what());
    return error(destination, CommonError::internal,
                 "An internal error happened; the daemon's log says more.", request);
  }
}

}  // namespace trainyard::server
