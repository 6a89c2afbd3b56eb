#include "server/front_door/signature_check.h"

#include <algorithm>
#include <cctype>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "api/signature/canonical_request.h"
#include "api/signature/credential_store.h"
#include "api/signature/hmac.h"
#include "api/signature/scope.h"
#include "server/front_door/front_door.h"
#include "tests/support/fake_clock.h"
#include "tests/support/request.h"

namespace trainyard::server {

namespace {

using testing::TestRequest;
using Fields = std::vector<std::string>;

const std::string host = "Host: localhost:4747";
const std::string date_time = "20240131T120000Z";

api::Response named(api::Request& request, const Destination& destination) {
  api::Response response;
  const auto body = read_all(*request.body, 1024 * 1024);
  response.body = std::string(to_string(destination.service)) + " " + body.value_or("unreadable");
  return response;
}

struct Door {
  testing::FakeClock clock{api::parse_signature_time(date_time).value()};
  api::CredentialStore keys{api::Credential{.access_key_id = "AKIAOWN",
                                            .secret_access_key = "own secret",
                                            .session_token = {},
                                            .principal = {}}};
  FrontDoor door{GateRules{},
                 {{Service::s3, named},
                  {Service::sts, named},
                  {Service::sagemaker, named},
                  {Service::control, named}},
                 {},
                 SignatureCheck({keys, clock, "us-east-1", "token"})};

  std::string ask(const std::string& method, std::string_view target, Fields fields,
                  std::string body = {}) {
    TestRequest request(method, target, fields, std::move(body));
    const api::Response response = door.answer(request.request());
    return std::to_string(response.status) + " " + std::get<std::string>(response.body);
  }
};

// The fields with a signature of them all; `hash` stands for the body.
Fields signed_by(const api::Credential& key, const std::string& service, const std::string& method,
                 std::string_view target, Fields fields, const std::string& hash) {
  fields.push_back("X-Amz-Date: " + date_time);
  if (service == "s3") fields.push_back("X-Amz-Content-Sha256: " + hash);
  if (!key.session_token.empty()) {
    fields.push_back("X-Amz-Security-Token: " + key.session_token);
  }
  TestRequest request(method, target, fields);
  std::vector<std::string> names;
  for (const auto& [name, value] : request.request().headers.fields()) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    names.push_back(lower);
  }
  std::sort(names.begin(), names.end());
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ";") + name;
  const api::SignatureScope scope{date_time.substr(0, 8), "us-east-1", service};
  const std::string canonical = api::canonical_request(
      request.request(),
      {service == "s3" ? api::PathForm::of_s3 : api::PathForm::of_other_services, names, hash, ""});
  const std::string signature = api::sign_v4(api::signing_key(key.secret_access_key, scope),
                                             api::string_to_sign(date_time, scope, canonical));
  fields.push_back("Authorization: AWS4-HMAC-SHA256 Credential=" + key.access_key_id + "/" +
                   scope.text() + ", SignedHeaders=" + joined + ", Signature=" + signature);
  return fields;
}

const Fields create_job{host, "X-Amz-Target: SageMaker.CreateTrainingJob"};

}  // namespace

TEST_CASE("a signed request reaches its service with its body") {
  Door door;
  const auto& key = door.keys.permanent();
  const std::string body = R"({"TrainingJobName":"a"})";
  const Fields fields = signed_by(key, "sagemaker", "POST", "/", create_job, api::sha256_hex(body));
  CHECK(door.ask("POST", "/", fields, body) == "200 sagemaker " + body);
  const auto other = door.ask("POST", "/", fields, body + " ");
  CHECK(other.starts_with("400 "));
  CHECK(nlohmann::json::parse(other.substr(4))["__type"] == "InvalidSignatureException");
}

TEST_CASE("an unsigned request is refused in the caller's protocol") {
  Door door;
  CHECK(door.ask("POST", "/", create_job).find("MissingAuthenticationTokenException") !=
        std::string::npos);
  CHECK(door.ask("GET", "/bucket/key", {host}).find("<Code>AccessDenied</Code>") !=
        std::string::npos);
  const Fields form{host, "Content-Type: application/x-www-form-urlencoded"};
  const auto answer = door.ask("POST", "/", form, "Action=GetCallerIdentity&Version=2011-06-15");
  CHECK(answer.starts_with("403 "));
  CHECK(answer.find("<ErrorResponse") != std::string::npos);
  Door unknown;
  CHECK(unknown.ask("POST", "/", {host, "X-Amz-Target: Nobody.X"}).starts_with("400 "));
}

TEST_CASE("forms, which carry their own signature, and preflights come in unsigned") {
  Door door;
  CHECK(door.ask("POST", "/bucket", {host, "Content-Type: multipart/form-data; boundary=x"}, "x") ==
        "200 s3 x");
  CHECK(door.ask("OPTIONS", "/bucket/key", {host}).starts_with("200 s3"));
  // Nobody else may go that way. No identity provider is trusted, so its tokens prove nothing.
  const Fields form{host, "Content-Type: application/x-www-form-urlencoded"};
  CHECK(door.ask("POST", "/", form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15")
            .starts_with("403 "));
  CHECK(door.ask("POST", "/",
                 {host, "X-Amz-Target: SageMaker.X", "Content-Type: multipart/form-data"})
            .starts_with("400 "));
}

TEST_CASE("what only has the content type of a form must be signed") {
  Door door;
  const Fields form{host, "Content-Type: multipart/form-data; boundary=x"};
  const Fields virtual_hosted{"Host: bucket.localhost:4747", form[1]};
  for (const char* target :
       {"/bucket?delete", "/bucket?delete=", "/bucket?%64elete", "/bucket/key?uploads",
        "/bucket/key?uploadId=1", "/bucket/key?uploadId=1&partNumber=1", "/bucket/key",
        "/bucket?acl", "/bucket?%zz"}) {
    CAPTURE(target);
    CHECK(door.ask("POST", target, form, "x").starts_with("403 "));
  }
  CHECK(door.ask("PUT", "/bucket/key", form, "x").starts_with("403 "));
  CHECK(door.ask("DELETE", "/bucket", form).starts_with("403 "));
  CHECK(door.ask("POST", "/?delete", virtual_hosted, "x").starts_with("403 "));
  CHECK(door.ask("POST", "/key?uploads", virtual_hosted, "x").starts_with("403 "));
  CHECK(door.ask("POST", "/", virtual_hosted, "x") == "200 s3 x");
}

TEST_CASE("a body that is not the one that was signed changes the answer") {
  Door door;
  const auto& key = door.keys.permanent();
  const Fields fields =
      signed_by(key, "s3", "PUT", "/bucket/key", {host}, api::sha256_hex("bytes"));
  CHECK(door.ask("PUT", "/bucket/key", fields, "bytes") == "200 s3 bytes");
  const std::string other = door.ask("PUT", "/bucket/key", fields, "other");
  CHECK(other.starts_with("400 "));
  CHECK(other.find("<Code>XAmzContentSHA256Mismatch</Code>") != std::string::npos);
  const Fields unsigned_body =
      signed_by(key, "s3", "PUT", "/bucket/key", {host}, "UNSIGNED-PAYLOAD");
  CHECK(door.ask("PUT", "/bucket/key", unsigned_body, "any") == "200 s3 any");
}

TEST_CASE("a temporary key serves until it expires") {
  Door door;
  const auto key = door.keys.issue("arn", door.clock.now(), std::chrono::seconds(60));
  const Fields fields =
      signed_by(key, "sagemaker", "POST", "/", create_job, std::string(api::sha256_hex_of_nothing));
  CHECK(door.ask("POST", "/", fields) == "200 sagemaker ");
  door.clock.advance(std::chrono::seconds(60));
  CHECK(door.ask("POST", "/", fields).find("ExpiredTokenException") != std::string::npos);
}

TEST_CASE("the daemon's own routes ask for its token") {
  Door door;
  CHECK(door.ask("GET", "/_trainyard/health", {host}).starts_with("403 "));
  CHECK(
      door.ask("GET", "/_trainyard/health", {host, "Authorization: Bearer x"}).starts_with("403 "));
  CHECK(door.ask("GET", "/_trainyard/health", {host, "Authorization: Bearer token"}) ==
        "200 control ");
}

TEST_CASE("a body that is too large to be checked is refused") {
  Door door;
  const Fields fields =
      signed_by(door.keys.permanent(), "sagemaker", "POST", "/", create_job, api::sha256_hex(""));
  CHECK(door.ask("POST", "/", fields, std::string(9 << 20, ' ')).starts_with("413 "));
}

}  // namespace trainyard::server
