#pragma once

// Error answers in the wire forms of the AWS protocols, for what goes wrong outside a service's own
// operations: a request refused at the door, a service that is not served, an operation nobody
// knows, a fault of ours. Services use the general form for their own errors.
//
// Pure functions; any thread.

#include <string_view>

#include "api/wire/http_message.h"

namespace trainyard::api {

// How the caller expects to be spoken to.
enum class Protocol {
  json,      // AWS JSON 1.1: {"__type":…,"message":…}
  query,     // form in, XML out: <ErrorResponse>
  rest_xml,  // S3: <Error>
  cbor,      // Smithy RPC v2 CBOR
  plain,     // one line of text
};

// The error in the protocol's form, with its content type and request id header. `code` is the
// AWS error name, e.g. "ValidationException". Any text is safe in `message`: it is escaped, and
// bytes that the form cannot carry are replaced.
Response error_response(Protocol protocol, int status, std::string_view code,
                        std::string_view message, std::string_view request_id);

// Errors that the same cause has in every protocol, under each protocol's own name for it.
enum class CommonError {
  unreadable_body,    // 400: the client sent less than it promised, or no proper chunks
  too_large,          // 413: more than anything here takes
  access_denied,      // 403: refused at the door
  wrong_scope,        // 403: signed for another service
  unknown_operation,  // 400 (JSON), 404: nobody knows what was asked
  not_implemented,    // 501: known to AWS, not served here
  internal,           // 500
  unavailable,        // 503: not now
};

Response error_response(Protocol protocol, CommonError error, std::string_view message,
                        std::string_view request_id);

// Adds the header in which answers of this protocol carry the request's id, unless it is there.
void add_request_id(Protocol protocol, Response& response, std::string_view request_id);

}  // namespace trainyard::api
