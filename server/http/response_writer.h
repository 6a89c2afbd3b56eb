#pragma once

// Puts a response on the wire.

#include <chrono>
#include <string_view>

#include "api/wire/http_message.h"
#include "runtime/base/result.h"
#include "server/http/socket_stream.h"

namespace trainyard::server {

// What of the request decides about the form of its answer.
struct ResponseForm {
  bool head = false;         // the method was HEAD: no body
  bool at_least_1_1 = true;  // the client understands chunks
  bool keep_alive = true;    // another request may follow
};

// Returns whether another answer can follow on this connection. An error means that the answer is
// not whole and the connection is of no more use. Blocks while a streamed body is made.
Result<bool> write_response(SocketStream& stream, api::Response& response, ResponseForm form,
                            std::chrono::milliseconds write_time);

// An answer that is begun before it is made (api::HeldBody), for clients that understand chunks:
// its header and a space; further spaces; its end. `text` is what remains of the body.
Result<void> begin_response(SocketStream& stream, const api::Response& response, ResponseForm form,
                            std::chrono::milliseconds write_time);
Result<void> write_space(SocketStream& stream, std::chrono::milliseconds write_time);
Result<void> end_response(SocketStream& stream, std::string_view text,
                          std::chrono::milliseconds write_time);

}  // namespace trainyard::server
