#include "server/front_door/signature_check.h"

#include <memory>

#include "api/signature/hmac.h"
#include "api/signature/signature_claim.h"
#include "api/signature/verify_signature.h"
#include "api/wire/request_text.h"
#include "server/front_door/dispatch.h"
#include "server/front_door/replaced_body.h"

namespace trainyard::server {

namespace {

using api::CommonError;

// Services other than Amazon S3 sign the body as a whole, and none takes a larger one.
constexpr std::size_t most_signed_bytes = api::request_bytes_max;

api::Response serve_s3(api::Request& request, api::BodySignature signature,
                       const SignatureCheck::Serve& serve) {
  if (signature.kind == api::BodySignature::Kind::none) return serve(request);
  const auto body = std::make_shared<api::SignedBody>(*request.body, std::move(signature));
  api::Response response = serve_with_body(request, body, serve);
  if (!body->failure()) return response;
  return api::signature_error_response(api::Protocol::rest_xml, *body->failure(), request);
}

}  // namespace

bool SignatureCheck::may_control(const api::Request& request) const {
  return !rules_.control_token.empty() &&
         api::equal_in_constant_time(request.headers.get("Authorization"),
                                     "Bearer " + rules_.control_token);
}

api::Response SignatureCheck::admit(api::Request& request, const Destination& destination,
                                    const Serve& serve) const {
  if (destination.service == Service::control) {
    if (may_control(request)) return serve(request);
    return api::error_response(destination.protocol, CommonError::access_denied,
                               "this daemon takes only requests with a key (--auth required); its "
                               "own commands find it in the data directory",
                               request.id);
  }
  const bool is_signed = api::signature_kind(request) != api::SignatureKind::none;
  if (destination.may_be_unsigned && !is_signed) return serve(request);

  const api::SignatureRules rules{rules_.credentials, rules_.region,
                                  signing_name(destination.service), rules_.clock.now()};
  if (destination.service == Service::s3) {
    auto verified = verify_signature(request, rules, "", destination.bucket_from_host);
    if (verified) return serve_s3(request, std::move(verified->body), serve);
    return api::signature_error_response(destination.protocol, verified.error(), request);
  }

  auto body = read_all(*request.body, most_signed_bytes);
  if (!body) {
    const bool large = body.error().kind == ErrorKind::limit_exceeded;
    return api::error_response(destination.protocol,
                               large ? CommonError::too_large : CommonError::unreadable_body,
                               body.error().message, request.id);
  }
  if (const auto verified = verify_signature(request, rules, *body, ""); !verified) {
    return api::signature_error_response(destination.protocol, verified.error(), request);
  }
  return serve_with_body(request, std::make_shared<StringSource>(std::move(*body)), serve);
}

}  // namespace trainyard::server
