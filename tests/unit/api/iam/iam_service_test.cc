#include "api/iam/iam_service.h"

#include <doctest/doctest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/golden.h"
#include "tests/support/request.h"

namespace trainyard::api {

namespace {

struct IamFixture {
  std::string send(const std::string& form, int status = 200) {
    testing::TestRequest request("POST", "/", {}, "Version=2010-05-08&Action=" + form);
    const Response response = service.handle(request.request());
    const auto& body = std::get<std::string>(response.body);
    CHECK_MESSAGE(response.status == status, body);
    return body;
  }

  // The code of an error.
  std::string code(const std::string& form, int status) {
    const std::string text = send(form, status);
    const std::size_t begin = text.find("<Code>") + 6;
    return text.substr(begin, text.find("</Code>") - begin);
  }

  bool has(const std::string& form, std::string_view text) {
    return send(form).find(text) != std::string::npos;
  }

  testing::FakeClock clock;
  IamService service{"123456789012", clock};
};

const std::string create =
    "CreateRole&RoleName=Mine&Path=/team/&Description=d%20%26%20e&MaxSessionDuration=7200&"
    "AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=k&Tags.member.1.Value=v";

}  // namespace

TEST_CASE_FIXTURE(IamFixture, "a role of any name exists and trusts SageMaker") {
  testing::check_golden("iam/get_role.xml", send("GetRole&RoleName=AnyRole"));
}

TEST_CASE_FIXTURE(IamFixture, "a created role is there until it is deleted") {
  testing::check_golden("iam/create_role.xml", send(create));
  CHECK(has("GetRole&RoleName=mine", "<Path>/team/</Path>"));
  CHECK(code(create, 409) == "EntityAlreadyExists");
  testing::check_golden("iam/list_roles.xml", send("ListRoles"));
  CHECK_FALSE(has("ListRoles&PathPrefix=/other/", "<RoleName>"));
  CHECK(send("DeleteRole&RoleName=Mine").find("<DeleteRoleResult>") == std::string::npos);
  CHECK(code("GetRole&RoleName=Mine", 404) == "NoSuchEntity");
  CHECK(code("DeleteRole&RoleName=Mine", 404) == "NoSuchEntity");
  CHECK_FALSE(has("ListRoles", "Mine"));
  send(create);
  CHECK(has("ListRoles", "Mine"));
  service.clear();
  CHECK_FALSE(has("ListRoles", "Mine"));
}

TEST_CASE_FIXTURE(IamFixture, "roles are listed by pages") {
  send(create);
  const std::string first = send("ListRoles&MaxItems=1");
  CHECK(first.find("<RoleName>Mine</RoleName>") != std::string::npos);
  CHECK(first.find("<IsTruncated>true</IsTruncated><Marker>Mine</Marker>") != std::string::npos);
  const std::string second = send("ListRoles&MaxItems=1&Marker=Mine");
  CHECK(second.find("<RoleName>trainyard</RoleName>") != std::string::npos);
  CHECK(second.find("<IsTruncated>false</IsTruncated>") != std::string::npos);
}

TEST_CASE_FIXTURE(IamFixture, "policies of a role are kept, and must go before it") {
  const std::string name = "&RoleName=Any";
  const std::string arn = "&PolicyArn=arn:aws:iam::aws:policy/AmazonSageMakerFullAccess";
  send("AttachRolePolicy" + name + arn);
  testing::check_golden("iam/list_attached_role_policies.xml",
                        send("ListAttachedRolePolicies" + name));
  CHECK(code("DeleteRole" + name, 409) == "DeleteConflict");
  send("DetachRolePolicy" + name + arn);
  CHECK(code("DetachRolePolicy" + name + arn, 404) == "NoSuchEntity");

  send("PutRolePolicy&PolicyName=p&PolicyDocument=%7B%22a%22%3A1%7D" + name);
  CHECK(has("ListRolePolicies" + name, "<PolicyNames><member>p</member></PolicyNames>"));
  CHECK(has("GetRolePolicy&PolicyName=p" + name,
            "<PolicyDocument>%7B%22a%22%3A1%7D</PolicyDocument>"));
  CHECK(code("DeleteRole" + name, 409) == "DeleteConflict");
  send("DeleteRolePolicy&PolicyName=p" + name);
  CHECK(code("GetRolePolicy&PolicyName=p" + name, 404) == "NoSuchEntity");
  CHECK(code("PutRolePolicy&PolicyName=p&PolicyDocument=no" + name, 400) ==
        "MalformedPolicyDocument");
  CHECK(has("ListInstanceProfilesForRole" + name, "<IsTruncated>false</IsTruncated>"));
  send("DeleteRole" + name);
  CHECK(code("ListRolePolicies" + name, 404) == "NoSuchEntity");
}

TEST_CASE_FIXTURE(IamFixture, "a role has room for so many policies") {
  const std::string role = "&RoleName=full";
  send("CreateRole&AssumeRolePolicyDocument=%7B%7D" + role);
  const auto attach = [&](int number) {
    return fmt::format("AttachRolePolicy&PolicyArn=arn:aws:iam::aws:policy/Number{:02}{}", number,
                       role);
  };
  for (int number = 0; number < 10; ++number) send(attach(number));
  CHECK(code(attach(10), 409) == "LimitExceeded");
  send(attach(9));
  const auto put = [&](const char* name, std::size_t size) {
    return fmt::format("PutRolePolicy&PolicyName={}&PolicyDocument=%22{}%22{}", name,
                       std::string(size - 2, 'a'), role);
  };
  send(put("p", 10'000));
  CHECK(code(put("q", 241), 409) == "LimitExceeded");
  send(put("q", 240));
  send(put("p", 5'000));
  send(put("r", 5'000));
}

TEST_CASE_FIXTURE(IamFixture, "every action is allowed on every resource") {
  testing::check_golden(
      "iam/simulate_principal_policy.xml",
      send("SimulatePrincipalPolicy&PolicySourceArn=arn:aws:iam::123456789012:role/any&"
           "ActionNames.member.1=s3:GetObject&ActionNames.member.2=s3:PutObject"));
  CHECK(
      has("SimulatePrincipalPolicy&PolicySourceArn=arn:aws:iam::123456789012:role/any&"
          "ActionNames.member.1=s3:GetObject&ResourceArns.member.1=arn:aws:s3:::b",
          "<EvalResourceName>arn:aws:s3:::b</EvalResourceName>"));
}

TEST_CASE_FIXTURE(IamFixture, "many actions on many resources come by pages") {
  std::string ask = "SimulatePrincipalPolicy&PolicySourceArn=arn:aws:iam::123456789012:role/any";
  for (int i = 1; i <= 25; ++i) {
    ask += fmt::format("&ActionNames.member.{0}=s3:A{0}&ResourceArns.member.{0}=r{0}", i);
  }
  const auto results = [](const std::string& page) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = page.find("<EvalActionName>", at)) != page.npos; ++at) ++count;
    return count;
  };
  const std::string first = send(ask);
  CHECK(results(first) == 100);
  CHECK(first.find("<IsTruncated>true</IsTruncated><Marker>100</Marker>") != std::string::npos);
  const std::string last = send(ask + "&MaxItems=30&Marker=600");
  CHECK(results(last) == 25);
  CHECK(last.find("<EvalActionName>s3:A25</EvalActionName><EvalResourceName>r25<") !=
        std::string::npos);
  CHECK(last.find("<IsTruncated>false</IsTruncated>") != std::string::npos);
  CHECK(results(send(ask + "&MaxItems=2&Marker=24")) == 2);
  for (const char* wrong : {"&Marker=626", "&Marker=x", "&Marker=-1"}) {
    CHECK(code(ask + wrong, 400) == "InvalidInput");
  }
}

TEST_CASE_FIXTURE(IamFixture, "other operations are refused by name") {
  CHECK(code("CreateUser", 501) == "NotImplementedException");
  CHECK(code("PassRole", 400) == "InvalidAction");
}

}  // namespace trainyard::api
