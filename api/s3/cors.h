#pragma once

// Requests of web pages, by the rules of the bucket that they name.

#include <optional>

#include "api/s3/cors_rules.h"
#include "api/s3/s3_call.h"

namespace trainyard::api {

// Whether a page may send this request: a rule of the bucket says so, and the request is about
// objects, not about how the bucket is set up, which a page could otherwise change for itself.
// A preflight always may: it is answered by the same rules, and does nothing. An OPTIONS that names
// no method is none.
bool admits_page(S3Call& call);

bool is_preflight(const S3Call& call);
// 200, or AccessForbidden.
S3Result<Response> answer_preflight(S3Call& call);

// What lets the page read the answer, where a rule admits it.
void add_cors_headers(S3Call& call, Headers& headers);

}  // namespace trainyard::api
