#include "runtime/engine/docker/requests.h"

#include <utility>

#include "runtime/engine/docker/engine_error.h"
#include "runtime/engine/docker/json_access.h"

namespace trainyard {
namespace {

HttpRequest request(const char* method, std::string target) {
  HttpRequest result;
  result.method = method;
  result.target = std::move(target);
  return result;
}

}  // namespace

HttpRequest get_request(std::string target) {
  return request("GET", std::move(target));
}

HttpRequest post_request(std::string target) {
  return request("POST", std::move(target));
}

HttpRequest post_request(std::string target, const nlohmann::json& body) {
  HttpRequest result = request("POST", std::move(target));
  // Texts of a request come from users and may hold any bytes.
  result.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  result.content_type = "application/json";
  return result;
}

HttpRequest delete_request(std::string target) {
  return request("DELETE", std::move(target));
}

std::string label_filter(const Labels& labels, nlohmann::json more) {
  if (!labels.empty()) {
    auto& list = more["label"] = nlohmann::json::array();
    for (const auto& [name, value] : labels) list.push_back(fmt::format("{}={}", name, value));
  }
  return "filters=" + encode_query(more.dump());
}

Result<nlohmann::json> json_reply(const Result<EngineReply>& reply, std::string_view what) {
  if (!reply) return failure(reply.error());
  if (!reply->ok()) return failure(engine_error(what, reply->status, reply->body));
  nlohmann::json json = nlohmann::json::parse(reply->body, nullptr, false);
  if (json.is_discarded()) {
    return failure(ErrorKind::unavailable,
                   fmt::format("{}: the Docker Engine's answer is not JSON", what));
  }
  return json;
}

Result<void> plain_reply(const Result<EngineReply>& reply, std::string_view what,
                         bool missing_is_fine) {
  if (!reply) return failure(reply.error());
  if (reply->ok() || reply->status == 304) return {};
  if (reply->status == 404 && missing_is_fine) return {};
  return failure(engine_error(what, reply->status, reply->body));
}

std::vector<ResourceSummary> summaries(const nlohmann::json& list, const char* id) {
  std::vector<ResourceSummary> found;
  for (const nlohmann::json& entry : list) {
    found.push_back({text_at(entry, id), text_at(entry, "Name"), labels_at(entry, "Labels")});
  }
  return found;
}

}  // namespace trainyard
