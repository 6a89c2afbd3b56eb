#pragma once

// JSON that strangers wrote: bodies, tokens, log events, policies. Copying, comparing and writing a
// value call themselves once for each level, so one that is nested too deep would take its thread's
// stack, and the daemon with it.
//
// Pure functions; any thread.

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace trainyard::api {

// Why the text is not taken: it "is not valid JSON (at byte 3)", or is beyond the bounds of
// request_text.h.
std::optional<std::string> json_problem(std::string_view text);

// A discarded value (is_discarded()) where there is a problem.
nlohmann::json parse_bounded_json(std::string_view text);

}  // namespace trainyard::api
