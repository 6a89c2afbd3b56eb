#pragma once

// URLs that were signed for somebody else to use ("Sharing objects with presigned URLs" in the
// Amazon S3 user guide), of both signature versions.

#include "api/s3/s3_error.h"
#include "api/wire/http_message.h"
#include "api/wire/uri.h"
#include "runtime/base/clock.h"

namespace trainyard::api {

// AccessDenied when the URL says that its time has passed. Nothing else of it is judged here: an
// honest program's URLs end when it said so, whether or not signatures are enforced.
S3Result<void> check_expiry(const QueryParameters& query, Time now);

// What such a URL carries as parameters, signers having moved it there, becomes the headers that it
// stands for. In any other request such parameters may be unsigned, and mean nothing.
void restore_headers(const QueryParameters& query, Headers& headers);

}  // namespace trainyard::api
