#include "api/sts/sts_service.h"

#include <doctest/doctest.h>

#include "api/sts/role_arn.h"
#include "tests/support/fake_clock.h"
#include "tests/support/golden.h"
#include "tests/support/request.h"

namespace trainyard::api {

namespace {

const std::string version = "&Version=2011-06-15";
const std::string role = "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fteam%2FTrainer";

struct StsFixture {
  Response send(const std::string& form, const std::vector<std::string>& fields = {}) {
    testing::TestRequest request("POST", "/", fields, form + version);
    return service.handle(request.request());
  }

  std::string body(const std::string& form, int status = 200) {
    const Response response = send(form);
    CHECK(response.status == status);
    CHECK(response.headers.get("Content-Type") == "text/xml");
    return std::get<std::string>(response.body);
  }

  testing::FakeClock clock;
  TemporaryKeys keys{[this](const std::string& principal, std::chrono::seconds duration) {
                       issued_to = principal;
                       return TemporaryKey{"ASIAKEY", "secret", "token", clock.now() + duration};
                     },
                     [this](std::string_view id) -> std::optional<std::string> {
                       if (id == "ASIAKEY") return issued_to;
                       return std::nullopt;
                     }};
  std::string issued_to;
  StsService service{"123456789012", keys};
};

}  // namespace

TEST_CASE_FIXTURE(StsFixture, "a caller is told an assumed role of the account") {
  testing::check_golden("sts/get_caller_identity.xml", body("Action=GetCallerIdentity"));
}

TEST_CASE_FIXTURE(StsFixture, "a role is assumed, and its key knows it") {
  testing::check_golden(
      "sts/assume_role.xml",
      body("Action=AssumeRole&RoleSessionName=notebook&DurationSeconds=900&RoleArn=" + role));
  CHECK(issued_to == "arn:aws:sts::111122223333:assumed-role/Trainer/notebook");
  const Response response =
      send("Action=GetCallerIdentity",
           {"Authorization: AWS4-HMAC-SHA256 Credential=ASIAKEY/20231114/r/sts/aws4_request, "
            "SignedHeaders=host, Signature=0"});
  const auto& text = std::get<std::string>(response.body);
  CHECK(text.find("<Arn>" + issued_to + "</Arn>") != std::string::npos);
  CHECK(text.find("<Account>111122223333</Account>") != std::string::npos);
}

TEST_CASE_FIXTURE(StsFixture, "a role is assumed by a web identity") {
  testing::check_golden("sts/assume_role_with_web_identity.xml",
                        body("Action=AssumeRoleWithWebIdentity&RoleSessionName=pod&"
                             "WebIdentityToken=token&RoleArn=" +
                             role));
}

TEST_CASE_FIXTURE(StsFixture, "a session token is for the caller") {
  testing::check_golden("sts/get_session_token.xml", body("Action=GetSessionToken"));
  CHECK(issued_to == "arn:aws:sts::123456789012:assumed-role/trainyard/local");
}

TEST_CASE_FIXTURE(StsFixture, "a presigned GET is answered too") {
  testing::TestRequest request("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", {});
  CHECK(service.handle(request.request()).status == 200);
}

TEST_CASE_FIXTURE(StsFixture, "errors have the query protocol's names") {
  testing::check_golden(
      "sts/validation_error.xml",
      body("Action=AssumeRole&RoleSessionName=a%20b&DurationSeconds=1&RoleArn=" + role, 400));
  const auto code = [&](const std::string& form, int status) {
    const std::string text = body(form, status);
    const std::size_t begin = text.find("<Code>") + 6;
    return text.substr(begin, text.find("</Code>") - begin);
  };
  CHECK(code("Action=AssumeRole&RoleSessionName=ab&RoleArn=arn:aws:s3:::abcdefghijk", 400) ==
        "ValidationError");
  CHECK(code("Action=AssumeRole&RoleSessionName=ab&DurationSeconds=long&RoleArn=" + role, 400) ==
        "MalformedInput");
  CHECK(code("Action=GetFederationToken", 501) == "NotImplementedException");
  CHECK(code("Action=Nothing", 400) == "InvalidAction");
  CHECK(code("Nothing=1", 400) == "InvalidAction");
  CHECK(code("Action=GetCallerIdentity&A=%zz", 400) == "MalformedInput");
}

TEST_CASE("only the ARN of a role is one") {
  CHECK(parse_role_arn("arn:aws-cn:iam::1:role/a/b/c")->name == "c");
  CHECK(parse_role_arn("arn:aws-cn:iam::1:role/a/b/c")->partition == "aws-cn");
  for (const char* wrong :
       {"", "arn", "arn:aws:iam::1:role/", "arn:aws:iam::1:user/a", "arn:aws:iam:r:1:role/a",
        "arn:aws:sts::1:role/a", "a:aws:iam::1:role/a"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_role_arn(wrong));
  }
}

}  // namespace trainyard::api
