#include "api/signature/form_signature.h"

#include <map>

#include <doctest/doctest.h>

#include "api/signature/scope.h"
#include "api/signature/signature_v2.h"
#include "tests/unit/api/signature/keys.h"

namespace trainyard::api {

namespace {

using Kind = SignatureFailure::Kind;
using Form = std::map<std::string, std::string>;

constexpr std::string_view secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

SignatureResult<Credential> verify(const Form& form) {
  const testing::ExampleKeys keys;
  std::vector<FormField> fields;
  for (const auto& [name, value] : form) fields.push_back({name, value});
  return verify_form_signature(fields, keys, "us-east-1",
                               testing::signature_time("20151229T000000Z"));
}

Form v4_form() {
  const std::string policy = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiIH0=";
  const SignatureScope scope{"20151229", "us-east-1", "s3"};
  return {{"policy", policy},
          {"x-amz-algorithm", "AWS4-HMAC-SHA256"},
          {"x-amz-credential", "AKIAIOSFODNN7EXAMPLE/" + scope.text()},
          {"x-amz-date", "20151229T000000Z"},
          {"x-amz-signature", sign_v4(signing_key(secret, scope), policy)}};
}

}  // namespace

TEST_CASE("a form's policy is signed by the fourth version") {
  CHECK(verify(v4_form()));
  Form form = v4_form();
  form["policy"] += "x";
  CHECK(verify(form).error().kind == Kind::mismatch);
  form = v4_form();
  form["x-amz-date"] = "20151228T000000Z";
  CHECK(verify(form).error().kind == Kind::malformed_query);
  form = v4_form();
  form["x-amz-credential"] = "AKIAOTHER/20151229/us-east-1/s3/aws4_request";
  CHECK(verify(form).error().kind == Kind::unknown_key);
  form = v4_form();
  form["x-amz-security-token"] = "token";
  CHECK(verify(form).error().kind == Kind::wrong_token);
}

TEST_CASE("a form's policy is signed by the second version") {
  Form form{{"policy", "cG9saWN5"},
            {"awsaccesskeyid", "AKIAIOSFODNN7EXAMPLE"},
            {"signature", sign_v2(secret, "cG9saWN5")}};
  CHECK(verify(form));
  form["signature"] = "x";
  CHECK(verify(form).error().kind == Kind::mismatch);
}

TEST_CASE("a form without policy or signature is not signed") {
  for (const char* name : {"policy", "x-amz-signature", "x-amz-credential"}) {
    Form form = v4_form();
    form.erase(name);
    CHECK(verify(form).error().kind == Kind::missing);
  }
  CHECK(verify({}).error().kind == Kind::missing);
}

}  // namespace trainyard::api
