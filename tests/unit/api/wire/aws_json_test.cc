#include "api/wire/aws_json.h"

#include <doctest/doctest.h>

#include "api/wire/timestamp.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// Counts what is read of it and never ends.
class EndlessSource final : public ByteSource {
 public:
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    std::ranges::fill(buffer, std::byte{' '});
    total_ += buffer.size();
    return buffer.size();
  }
  std::size_t total() const { return total_; }

 private:
  std::size_t total_ = 0;
};

std::string refusal(std::string_view body) {
  const auto parsed = parse_json_body(body);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == "SerializationException");
  CHECK(parsed.error().status == 400);
  return parsed.error().message;
}

}  // namespace

TEST_CASE("an empty body is an empty object") {
  CHECK(parse_json_body("") == Json::object());
  CHECK(parse_json_body("{}") == Json::object());
}

TEST_CASE("what is not a JSON object is a SerializationException") {
  CHECK(refusal("{\"a\":").starts_with("The request body is not valid JSON (at byte "));
  CHECK(refusal("<html>").starts_with("The request body is not valid JSON"));
  CHECK(refusal("{} {}").starts_with("The request body is not valid JSON"));
  CHECK(refusal("{\"a\":\"\xFF\"}").starts_with("The request body is not valid JSON"));
  CHECK(refusal(R"({"a":"\ud800"})").starts_with("The request body is not valid JSON"));
  CHECK(refusal("[]") == "The request body must be a JSON object.");
  CHECK(refusal("null") == "The request body must be a JSON object.");
}

TEST_CASE("bodies that are large only in memory are refused") {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  CHECK(parse_json_body(nested(request_depth_max)));
  CHECK(refusal(nested(request_depth_max + 1)) ==
        "The request body is nested more than 64 levels deep.");
  CHECK(refusal("{\"a\":" + std::string(1'000'000, '[')) ==
        "The request body is nested more than 64 levels deep.");
  std::string many = "{\"a\":[0";
  for (std::size_t i = 0; i < request_values_max; ++i) many += ",0";
  CHECK(refusal(many + "]}") == "The request body has more than 200000 values.");
}

TEST_CASE("a body that is too long by its own account is refused before it is read") {
  EndlessSource source;
  Request request;
  request.body = &source;
  request.content_length = request_bytes_max + 1;
  const auto body = read_json_body(request);
  REQUIRE_FALSE(body);
  CHECK(body.error().status == 413);
  CHECK(body.error().code == "RequestEntityTooLargeException");
  CHECK(body.error().message ==
        "The request body has 8388609 bytes; at most 8388608 bytes (8 MiB) are accepted.");
  CHECK(source.total() == 0);
}

TEST_CASE("a chunked body is read up to the limit") {
  EndlessSource source;
  Request request;
  request.body = &source;
  const auto body = read_json_body(request);
  REQUIRE_FALSE(body);
  CHECK(body.error().status == 413);
  CHECK(source.total() <= request_bytes_max + 2 * stream_buffer_bytes);
}

TEST_CASE("a body of the largest size is read") {
  std::string text = "{\"a\":\"\"}";
  text.insert(6, std::string(request_bytes_max - text.size(), 'x'));
  StringSource source(text);
  Request request;
  request.body = &source;
  request.content_length = text.size();
  CHECK(read_json_body(request));
}

TEST_CASE("the target header names the operation") {
  Request request;
  CHECK(target_operation(request, "SageMaker") == "");
  request.headers.add("x-amz-target", "SageMaker.AddTags");
  CHECK(target_operation(request, "SageMaker") == "AddTags");
  CHECK(target_operation(request, "Logs") == "");
  CHECK(target_operation(request, "Sage") == "");
}

TEST_CASE("answers carry content type and request id, and no body without output") {
  const Response empty = json_response(nullptr, "id-1");
  CHECK(empty.status == 200);
  CHECK(std::get<std::string>(empty.body).empty());
  CHECK(empty.headers.get("Content-Type") == "application/x-amz-json-1.1");
  CHECK(empty.headers.get("x-amzn-RequestId") == "id-1");
  CHECK(std::get<std::string>(json_response(Json::object(), "").body) == "{}");
}

TEST_CASE("modelled errors spell Message, others message") {
  const auto body = [](const AwsError& error) {
    return std::get<std::string>(json_error_response(error, "id").body);
  };
  CHECK(body(AwsError::resource_in_use("taken")) ==
        R"({"Message":"taken","__type":"ResourceInUse"})");
  CHECK(body(AwsError::validation("wrong")) ==
        R"({"__type":"ValidationException","message":"wrong"})");
  CHECK(json_error_response(AwsError::internal_failure("x"), "id").status == 500);
  CHECK(json_error_response(AwsError::not_implemented("x"), "id").status == 501);
}

TEST_CASE("errors of the runtime become errors of the client or of the service") {
  CHECK(AwsError::from({ErrorKind::invalid_argument, "m"}).code == "ValidationException");
  CHECK(AwsError::from({ErrorKind::already_exists, "m"}).code == "ResourceInUse");
  CHECK(AwsError::from({ErrorKind::limit_exceeded, "m"}).code == "ResourceLimitExceeded");
  CHECK(AwsError::from({ErrorKind::unavailable, "m"}).status == 503);
  CHECK(AwsError::from({ErrorKind::internal, "m"}).status == 500);
  CHECK(AwsError::from({ErrorKind::data_corrupt, "m"}).message == "m");
}

TEST_CASE("times are seconds with milliseconds") {
  CHECK(epoch_seconds(from_milliseconds(1735442939457)).dump() == "1735442939.457");
  CHECK(epoch_seconds(from_milliseconds(1735442939000)).dump() == "1735442939.0");
  CHECK(epoch_seconds(Time(std::chrono::nanoseconds(1'999'999))).dump() == "0.001");
  CHECK(from_epoch_seconds(1735442939.457) == from_milliseconds(1735442939457));
  CHECK(from_epoch_seconds(1735442939) == from_milliseconds(1735442939000));
  CHECK(from_epoch_seconds(1e300) > from_epoch_seconds(9e9));
  CHECK(from_epoch_seconds(-1e300) < from_epoch_seconds(0));
}

}  // namespace trainyard::api
