#pragma once

// The small words that requests to the Engine are made of, and how their answers are read.

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/engine/container_engine.h"
#include "runtime/engine/docker/docker_client.h"

namespace trainyard {

HttpRequest get_request(std::string target);
HttpRequest post_request(std::string target);
HttpRequest post_request(std::string target, const nlohmann::json& body);
HttpRequest delete_request(std::string target);

// "filters=…" for a listing: things that carry all of `labels`, and `more`.
std::string label_filter(const Labels& labels, nlohmann::json more = nlohmann::json::object());

// The JSON of a reply: the Engine's error when its status is one, `unavailable` when it is no JSON.
// `what` is what was tried, for messages.
Result<nlohmann::json> json_reply(const Result<EngineReply>& reply, std::string_view what);

// Success when the status says so, or is 404 and `missing_is_fine`.
Result<void> plain_reply(const Result<EngineReply>& reply, std::string_view what,
                         bool missing_is_fine = false);

// Volumes or networks out of a listing; `id` is the name of the member that identifies one.
std::vector<ResourceSummary> summaries(const nlohmann::json& list, const char* id);

}  // namespace trainyard
