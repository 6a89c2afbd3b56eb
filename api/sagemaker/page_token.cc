#include "api/sagemaker/page_token.h"

#include "api/wire/opaque_token.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr int version = 1;

bool has_our_form(const Json& token) {
  return token_member(token, "v") == version && token_member(token, "query").is_number_unsigned() &&
         token_member(token, "key").is_string() && token_member(token, "name").is_string();
}

}  // namespace

std::string to_page_token(const JobQuery::Position& position, std::string_view query) {
  const Json token{{"v", version},
                   {"query", request_hash(query)},
                   {"key", position.key},
                   {"name", position.name}};
  return to_opaque_token(token);
}

ApiResult<JobQuery::Position> from_page_token(std::string_view token, std::string_view query) {
  const Json json = from_opaque_token(token);
  if (!has_our_form(json)) {
    return failure(AwsError::validation("Invalid NextToken: it was not returned by this service."));
  }
  if (json["query"].get<std::uint64_t>() != request_hash(query)) {
    return failure(AwsError::validation(
        "Invalid NextToken: it belongs to a request with other filters or another order."));
  }
  return JobQuery::Position{json["key"].get<std::string>(), json["name"].get<std::string>()};
}

}  // namespace trainyard::api
