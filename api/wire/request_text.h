#pragma once

// The whole body of a request to one of the services that are no store: small, and bounded against
// bodies that are small on the wire and large in memory.

#include <cstddef>
#include <string>

#include "api/wire/aws_error.h"
#include "api/wire/http_message.h"

namespace trainyard::api {

// Legal requests reach 3 MB.
inline constexpr std::size_t request_bytes_max = 8 * 1024 * 1024;
// Bounds on what a body holds, in every protocol.
inline constexpr std::size_t request_depth_max = 64;
inline constexpr std::size_t request_values_max = 200'000;

// Reads the body, and unpacks it where Content-Encoding says gzip (SDKs pack large metric data). A
// body that is too large by its stated length is refused before it is read.
ApiResult<std::string> read_request_text(Request& request);

}  // namespace trainyard::api
