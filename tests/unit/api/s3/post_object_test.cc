// Uploads by HTML forms.

#include <doctest/doctest.h>

#include "api/wire/form_reader.h"
#include "runtime/object/digest.h"
#include "tests/support/s3_client.h"

namespace trainyard::api {

using testing::S3Answer;
using testing::S3Client;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string form(const Fields& fields, const std::optional<std::string>& file,
                 const std::string& file_name = "photo.jpg") {
  std::string body;
  for (const auto& [name, value] : fields) {
    body +=
        "--XX\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  }
  if (file) {
    body += "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + file_name +
            "\"\r\nContent-Type: image/jpeg\r\n\r\n" + *file + "\r\n";
  }
  return body + "--XX--\r\n";
}

struct FormClient : S3Client {
  FormClient() { REQUIRE(S3Client::put("/bucket").status == 200); }
  S3Answer post(const std::string& body) {
    return call("POST", "/bucket",
                {"Host: localhost:4747", "Content-Type: multipart/form-data; boundary=XX"}, body);
  }
};

std::string policy(const std::string& conditions,
                   const std::string& expiration = "2023-11-14T23:00:00.000Z") {
  return to_base64(R"({"expiration": ")" + expiration + R"(", "conditions": [)" + conditions +
                   "]}");
}

// Gives a few bytes at a time.
class SlowSource final : public ByteSource {
 public:
  SlowSource(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min({step_, buffer.size(), text_.size() - position_});
    std::memcpy(buffer.data(), text_.data() + position_, count);
    position_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t step_, position_ = 0;
};

}  // namespace

TEST_CASE("a form's file becomes an object") {
  FormClient s3;
  const S3Answer plain = s3.post(form({{"key", "a/${filename}"},
                                       {"Content-Type", "image/jpeg"},
                                       {"x-amz-meta-who", "me"},
                                       {"tagging",
                                        "<Tagging><TagSet><Tag><Key>a</Key><Value>1"
                                        "</Value></Tag></TagSet></Tagging>"}},
                                      "bytes\r\n--X\r\n", "C:\\dir\\photo.jpg"));
  CHECK(plain.status == 204);
  CHECK(plain.header("Location") == "http://localhost:4747/bucket/a/photo.jpg");
  const S3Answer got = s3.get("/bucket/a/photo.jpg");
  CHECK(got.body == "bytes\r\n--X\r\n");
  CHECK(got.header("Content-Type") == "image/jpeg");
  CHECK(got.header("x-amz-meta-who") == "me");
  CHECK(got.header("x-amz-tagging-count") == "1");

  const S3Answer created = s3.post(form({{"key", "k"}, {"success_action_status", "201"}}, ""));
  CHECK(created.status == 201);
  CHECK(created.element("Key") == "k");
  CHECK(created.element("Bucket") == "bucket");
  CHECK(s3.head("/bucket/k").head_length == 0);
  CHECK(s3.post(form({{"key", "k"}, {"success_action_status", "200"}}, "x")).status == 200);
  const S3Answer redirected =
      s3.post(form({{"key", "k&"}, {"success_action_redirect", "http://a.example/done"}}, "x"));
  CHECK(redirected.status == 303);
  CHECK(redirected.header("Location")
            .starts_with("http://a.example/done?bucket=bucket&key=k%26&etag=%22"));
}

TEST_CASE("forms that are none are refused") {
  FormClient s3;
  CHECK(s3.post(form({{"key", "k"}}, std::nullopt)).code() == "InvalidArgument");
  CHECK(s3.post(form({}, "x")).code() == "InvalidArgument");
  CHECK(s3.post("nonsense").code() == "MalformedPOSTRequest");
  CHECK(s3.post(form({{"key", "k"}, {"x", std::string(30'000, 'x')}}, "x")).code() ==
        "MaxPostPreDataLengthExceeded");
  CHECK(s3.post(form(Fields(2000, {"", ""}), "x")).code() == "MaxPostPreDataLengthExceeded");
  CHECK(s3.post(form({{"key", std::string(2000, 'k')}}, "x")).code() == "KeyTooLongError");
  CHECK(s3.post(form({{"key", "k"}, {"acl", "everyone"}}, "x")).code() == "InvalidArgument");
  const std::string whole = form({{"key", "k"}}, "content");
  CHECK(s3.post(whole.substr(0, whole.size() - 12)).code() == "IncompleteBody");
  CHECK(s3.get("/bucket").elements("Key").empty());
}

TEST_CASE("a policy is kept") {
  FormClient s3;
  const std::string conditions =
      R"({"bucket": "bucket"}, ["starts-with", "$key", "user/"], {"acl": "private"},
         ["content-length-range", 2, 4])";
  const auto code = [&](Fields fields, const std::string& file, const std::string& text) {
    fields.emplace_back("policy", text);
    fields.emplace_back("x-amz-signature", "anything");
    return s3.post(form(fields, file)).code();
  };
  const Fields good = {{"key", "user/a"}, {"acl", "private"}};
  CHECK(code(good, "abc", policy(conditions)) == "");
  CHECK(s3.get("/bucket/user/a").body == "abc");
  CHECK(code(good, "abc", policy(conditions, "2023-11-14T22:13:19Z")) == "AccessDenied");
  CHECK(code({{"key", "other/a"}, {"acl", "private"}}, "abc", policy(conditions)) ==
        "AccessDenied");
  CHECK(code({{"key", "user/b"}, {"acl", "public-read"}}, "abc", policy(conditions)) ==
        "AccessDenied");
  CHECK(code({{"key", "user/b"}}, "abc", policy(conditions)) == "AccessDenied");
  CHECK(code({{"key", "user/b"}, {"acl", "private"}, {"x-amz-meta-a", "1"}}, "abc",
             policy(conditions)) == "AccessDenied");
  CHECK(code({{"key", "user/b"}, {"acl", "private"}, {"x-ignore-a", "1"}}, "abc",
             policy(conditions)) == "");
  CHECK(code({{"key", "user/c"}, {"acl", "private"}}, "abcde", policy(conditions)) ==
        "EntityTooLarge");
  CHECK(code({{"key", "user/c"}, {"acl", "private"}}, "a", policy(conditions)) == "EntityTooSmall");
  CHECK(s3.get("/bucket/user/c").status == 404);
  CHECK(code(good, "abc", policy(R"(["eq", "$key"])")) == "InvalidPolicyDocument");
  CHECK(code(good, "abc", policy("7")) == "InvalidPolicyDocument");
  CHECK(code(good, "abc", "e30=") == "InvalidPolicyDocument");
  CHECK(code(good, "abc", "%%%") == "InvalidPolicyDocument");
  CHECK(code(good, "abc", policy(R"({"bucket": "other"})")) == "AccessDenied");
}

TEST_CASE("a policy is held against what is done, not against what the form says twice") {
  FormClient s3;
  const auto post = [&](Fields fields, const std::string& conditions) {
    fields.emplace_back("policy", policy(conditions));
    return s3.post(form(fields, "x"));
  };
  // The form's own bucket is not the one that the file goes to.
  CHECK(post({{"key", "k"}, {"bucket", "other"}}, R"({"bucket": "other"}, {"key": "k"})").code() ==
        "AccessDenied");
  CHECK(post({{"key", "k"}, {"bucket", "other"}}, R"({"bucket": "bucket"}, {"key": "k"})").status ==
        204);
  const std::string html =
      R"({"key": "page"}, {"bucket": "bucket"}, {"Content-Type": "text/plain"})";
  const S3Answer repeated =
      post({{"key", "page"}, {"Content-Type", "text/plain"}, {"content-type", "text/html"}}, html);
  CHECK(repeated.code() == "InvalidArgument");
  CHECK(repeated.body.find("more than one field named 'content-type'") != std::string::npos);
  CHECK(post({{"key", "page"}, {"Key", "other"}, {"Content-Type", "text/plain"}}, html).code() ==
        "InvalidArgument");
  CHECK(s3.get("/bucket/page").status == 404);
}

TEST_CASE("signatures of forms are judged where there is a judge") {
  S3Settings settings;
  settings.verify_form = [](const std::vector<FormField>& fields) -> S3Result<void> {
    for (const FormField& field : fields) {
      if (field.name == "x-amz-signature" && field.value == "right") return {};
    }
    return s3_failure("SignatureDoesNotMatch");
  };
  S3Client s3(settings);
  s3.put("/bucket");
  const auto post = [&](const std::string& signature) {
    return s3.call("POST", "/bucket", {"Content-Type: multipart/form-data; boundary=XX"},
                   form({{"key", "k"}, {"x-amz-signature", signature}}, "x"));
  };
  CHECK(post("right").status == 204);
  CHECK(post("wrong").code() == "SignatureDoesNotMatch");
}

TEST_CASE("a form is read the same however it comes in") {
  const std::string body = "preamble\r\n" + form({{"a", "1"}, {"b", "two\r\nlines"}},
                                                 std::string(50'000, 'f') + "\r\n--X");
  for (const std::size_t step : {1u, 2u, 3u, 7u, 1000u, 100'000u}) {
    CAPTURE(step);
    SlowSource source(body, step);
    FormReader reader(source, *FormReader::boundary_of("multipart/form-data; boundary=\"XX\""));
    const auto fields = reader.read_fields(1000);
    REQUIRE(fields);
    REQUIRE(fields->size() == 2);
    CHECK((*fields)[1].name == "b");
    CHECK((*fields)[1].value == "two\r\nlines");
    REQUIRE(reader.has_file());
    CHECK(reader.file_name() == "photo.jpg");
    CHECK(read_all(reader, 1 << 20).value() == std::string(50'000, 'f') + "\r\n--X");
  }
  CHECK_FALSE(FormReader::boundary_of("multipart/form-data"));
  CHECK_FALSE(FormReader::boundary_of("text/plain; boundary=XX"));
  CHECK(FormReader::boundary_of("Multipart/Form-Data; charset=utf-8; Boundary=a-b") == "a-b");
}

}  // namespace trainyard::api
