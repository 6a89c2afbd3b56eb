#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/wire/http_message.h"

namespace trainyard::testing {

// A request as a service sees it, with a body of its own. Header fields are written out in full, as
// in {"Host: localhost", "X-Amz-Target: SageMaker.ListTrainingJobs"}.
class TestRequest {
 public:
  TestRequest(std::string method, std::string_view target, const std::vector<std::string>& fields,
              std::string body = {})
      : body_(std::move(body)), source_(body_) {
    const std::size_t mark = target.find('?');
    request_.id = "request-id";
    request_.method = std::move(method);
    request_.path = target.substr(0, mark);
    if (mark != std::string_view::npos) request_.query = target.substr(mark + 1);
    for (const std::string& field : fields) {
      const std::size_t colon = field.find(": ");
      request_.headers.add(field.substr(0, colon), field.substr(colon + 2));
    }
    request_.content_length = body_.size();
    request_.body = &source_;
  }
  TestRequest(const TestRequest&) = delete;
  TestRequest& operator=(const TestRequest&) = delete;

  api::Request& request() { return request_; }
  const std::string& body() const { return body_; }

 private:
  std::string body_;
  StringSource source_;
  api::Request request_;
};

}  // namespace trainyard::testing
