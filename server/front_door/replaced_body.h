#pragma once

#include <functional>
#include <memory>

#include "api/wire/http_message.h"

namespace trainyard::server {

// Serves the request with `body` in the place of its own, and keeps `body` as long as a streamed
// answer may still read it.
api::Response serve_with_body(api::Request& request, std::shared_ptr<ByteSource> body,
                              const std::function<api::Response(api::Request&)>& serve);

}  // namespace trainyard::server
