#pragma once

// What the Engine's refusals mean. The only place that reads its status codes and error texts.

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace trainyard {

// More of an error's body is not read.
inline constexpr std::size_t error_body_limit_bytes = 1 << 20;

// `what` is what was tried, as in "creating the network a": the message is "<what>: <the Engine's
// text>". `body` is the reply's: JSON with a "message", or plain text.
Error engine_error(std::string_view what, unsigned status, std::string_view body);

// An answer to a start whose command cannot be executed: missing, no permission, wrong format.
bool is_command_error(std::string_view message);

// A pull's failure, told in its stream or by status.
Error pull_error(std::string_view reference, std::string_view message);

// The text that the Engine sent along with a status.
std::string engine_message(std::string_view body);

}  // namespace trainyard
