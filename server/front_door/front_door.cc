#include "server/front_door/front_door.h"

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "server/front_door/peeked_body.h"
#include "server/front_door/replaced_body.h"

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
// start jobs. A sandboxed page has no origin. (What tells a browser's question from others',
// Sec-Fetch-Site, is not sent to every host.)
void sandbox_pages(const Destination& destination, api::Response& response) {
  if (destination.service == Service::s3) {
    response.headers.set("Content-Security-Policy", "sandbox");
  }
}

}  // namespace

FrontDoor::FrontDoor(const GateRules& rules, std::map<Service, ServiceHandler> services,
                     AdmitsPage s3_admits_page, std::optional<SignatureCheck> signatures)
    : gate_(rules),
      dispatcher_(DispatchRules{rules.hosts}),
      services_(std::move(services)),
      s3_admits_page_(std::move(s3_admits_page)),
      signatures_(std::move(signatures)) {
}

api::Response FrontDoor::answer(api::Request& request) const {
  const auto begin = std::chrono::steady_clock::now();
  Destination destination;
  api::Response response = route(request, destination);
  finish(request, destination, response);
  const auto duration = std::chrono::steady_clock::now() - begin;
  spdlog::debug("{} {} {} {} {} {} {} us", request.id, request.method, request.path,
                to_string(destination.service),
                response.operation.empty() ? "-" : response.operation, response.status,
                std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
  return response;
}

// What every answer has, whatever made it; one that is held gets it when it is made.
void FrontDoor::finish(const api::Request& request, const Destination& destination,
                       api::Response& response) const {
  api::add_request_id(destination.protocol, response, request.id);
  sandbox_pages(destination, response);
  if (const auto origin = gate_.configured_origin(request)) allow_origin(*origin, response);
  auto* const held = std::get_if<api::HeldBody>(&response.body);
  if (held == nullptr) return;
  api::Request kept = request;
  kept.body = nullptr;
  held->answer = [this, kept = std::move(kept), destination, make = std::move(held->answer)] {
    api::Response made = make();
    finish(kept, destination, made);
    return made;
  };
}

api::Response FrontDoor::route(api::Request& request, Destination& destination) const {
  destination = dispatcher_.destination(request);
  const auto admits_page = [&] {
    // A form may still turn out to be meant for another service.
    return destination.service == Service::s3 && !destination.wrong_scope &&
           !Dispatcher::needs_form(request) && s3_admits_page_ &&
           s3_admits_page_(request, destination);
  };
  if (const auto refusal = gate_.refusal(request, admits_page)) {
    return error(destination, CommonError::access_denied, *refusal, request);
  }
  if (gate_.configured_origin(request) && is_preflight(request)) return answer_preflight(request);
  if (!Dispatcher::needs_form(request)) return admit(request, destination);

  const auto body = std::make_shared<PeekedBody>(*request.body);
  const auto form = body->peek(form_peek_bytes);
  if (!form) {
    return error(destination, CommonError::unreadable_body, form.error().message, request);
  }
  destination = dispatcher_.destination(request, *form);
  return serve_with_body(request, body,
                         [&](api::Request& peeked) { return admit(peeked, destination); });
}

api::Response FrontDoor::admit(api::Request& request, const Destination& destination) const {
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
  if (!signatures_) return serve(request, destination);
  return signatures_->admit(request, destination,
                            [&](api::Request& admitted) { return serve(admitted, destination); });
}

api::Response FrontDoor::serve(api::Request& request, const Destination& destination) const {
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
