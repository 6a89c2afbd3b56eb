#pragma once

// How long a presigned URL is good, of both signature versions. Pure functions; any thread.

#include <chrono>
#include <string_view>

#include "api/signature/signature_failure.h"
#include "api/wire/uri.h"
#include "runtime/base/clock.h"

namespace trainyard::api {

// What Amazon S3 says of a date in another form.
inline constexpr const char* wrong_date_text =
    "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"";

// X-Amz-Expires: at most a week.
SignatureResult<std::chrono::seconds> read_url_seconds(std::string_view text);

// Of Version 4: `expired` once its time has passed.
SignatureResult<void> check_v4_life(Time begin, std::chrono::seconds life, Time now);
// Of Version 2, whose Expires is the end itself.
SignatureResult<void> check_v2_life(std::string_view expires, Time now);

// Of whichever version the parameters are, whatever the signature is worth; a URL that is not
// presigned has no end.
SignatureResult<void> check_url_life(const QueryParameters& query, Time now);

}  // namespace trainyard::api
