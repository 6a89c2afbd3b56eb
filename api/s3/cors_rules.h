#pragma once

// Which web pages may use a bucket: "Using cross-origin resource sharing" in the Amazon S3 user
// guide.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/s3/s3_error.h"
#include "api/wire/http_message.h"

namespace trainyard::api {

struct CorsRule {
  std::string id;
  std::vector<std::string> origins, methods, headers, exposed;
  std::optional<std::int64_t> max_age;
};

// The body of a PutBucketCors.
S3Result<std::vector<CorsRule>> parse_cors_document(const std::string& text);
std::string cors_document(const std::vector<CorsRule>& rules);

// What a page wants to do.
struct CorsQuestion {
  std::string_view origin;
  std::string_view method;
  std::string_view headers;  // of a preflight: Access-Control-Request-Headers
};

struct CorsAnswer {
  const CorsRule* rule = nullptr;
  bool any_origin = false;  // the rule names no origin
};

// By the first rule that allows it.
std::optional<CorsAnswer> find_cors_rule(const std::vector<CorsRule>& rules,
                                         const CorsQuestion& question);

// What tells the browser.
void add_cors_headers(const CorsAnswer& answer, const CorsQuestion& question, Headers& headers);

}  // namespace trainyard::api
