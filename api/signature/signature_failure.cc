#include "api/signature/signature_failure.h"

namespace trainyard::api {

namespace {

using Kind = SignatureFailure::Kind;

struct Form {
  std::string_view s3;
  std::string_view s3_message;  // "": that of S3's code
  std::string_view json;        // "Exception" is added
  std::string_view query;
  int query_status;
  std::string_view message;  // in JSON and query
};

constexpr std::string_view no_match =
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details.";
constexpr std::string_view no_such_key = "The security token included in the request is invalid.";

Form form_of(Kind kind) {
  switch (kind) {
    case Kind::missing:
      return {"AccessDenied",
              "",
              "MissingAuthenticationToken",
              "MissingAuthenticationToken",
              403,
              "Request is missing Authentication Token"};
    case Kind::malformed_header:
      return {"AuthorizationHeaderMalformed", "",  "IncompleteSignature",
              "IncompleteSignature",          400, "The Authorization header is malformed."};
    case Kind::malformed_query:
      return {"AuthorizationQueryParametersError",
              "",
              "IncompleteSignature",
              "IncompleteSignature",
              400,
              "The signature in the query is malformed."};
    case Kind::unsupported:
      return {"InvalidRequest",
              "The authorization mechanism you have provided is not supported. Please use "
              "AWS4-HMAC-SHA256.",
              "IncompleteSignature",
              "IncompleteSignature",
              400,
              "Unsupported AWS 'algorithm'; use AWS4-HMAC-SHA256."};
    case Kind::unknown_key:
      return {"InvalidAccessKeyId",   "",  "UnrecognizedClient",
              "InvalidClientTokenId", 403, no_such_key};
    case Kind::wrong_token:
      return {"InvalidToken", "", "UnrecognizedClient", "InvalidClientTokenId", 403, no_such_key};
    case Kind::expired_token:
      return {"ExpiredToken", "",  "ExpiredToken",
              "ExpiredToken", 403, "The security token included in the request is expired"};
    case Kind::skewed:
      return {"RequestTimeTooSkewed",  "",  "InvalidSignature",
              "SignatureDoesNotMatch", 403, "Signature expired"};
    case Kind::expired:
      return {"AccessDenied",
              "Request has expired",
              "InvalidSignature",
              "SignatureDoesNotMatch",
              403,
              "Signature expired"};
    case Kind::unsigned_headers:
      return {"AccessDenied",
              "There were headers present in the request which were not signed",
              "InvalidSignature",
              "SignatureDoesNotMatch",
              403,
              "There were headers present in the request which were not signed"};
    case Kind::malformed_payload_hash:
      return {"InvalidArgument",
              "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
              "STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
              "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
              "InvalidSignature",
              "SignatureDoesNotMatch",
              403,
              no_match};
    case Kind::missing_payload_hash:
      return {"InvalidRequest",
              "Missing required header for this request: x-amz-content-sha256",
              "InvalidSignature",
              "SignatureDoesNotMatch",
              403,
              no_match};
    case Kind::wrong_payload_hash:
      return {"XAmzContentSHA256Mismatch", "",  "InvalidSignature",
              "SignatureDoesNotMatch",     403, no_match};
    case Kind::mismatch:
      break;
  }
  return {"SignatureDoesNotMatch", "", "InvalidSignature", "SignatureDoesNotMatch", 403, no_match};
}

}  // namespace

S3Error s3_error_of(const SignatureFailure& failure) {
  const Form form = form_of(failure.kind);
  S3Error error{std::string(form.s3), failure.message, failure.details};
  if (error.message.empty()) error.message = form.s3_message;
  return error;
}

Response signature_error_response(Protocol protocol, const SignatureFailure& failure,
                                  const Request& request) {
  const Form form = form_of(failure.kind);
  const std::string_view message = failure.message.empty() ? form.message : failure.message;
  switch (protocol) {
    case Protocol::rest_xml:
      return s3_error_response(s3_error_of(failure), request.path, request.id,
                               request.method == "HEAD");
    case Protocol::query:
      return error_response(protocol, form.query_status, form.query, message, request.id);
    case Protocol::json:
    case Protocol::cbor:
      // Whatever the client did wrong is 400 in these.
      return error_response(protocol, 400, std::string(form.json) + "Exception", message,
                            request.id);
    case Protocol::plain:
      break;
  }
  return error_response(protocol, 403, form.json, message, request.id);
}

}  // namespace trainyard::api
