#include "api/sts/sts_service.h"

#include "api/signature/signature_claim.h"
#include "api/sts/model.h"
#include "api/sts/role_arn.h"
#include "api/wire/timestamp.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t role_seconds = 3600;
constexpr std::int64_t session_seconds = 43200;

Json key_json(const TemporaryKey& key) {
  // The service tells whole seconds.
  const Time expires = std::chrono::floor<std::chrono::seconds>(key.expires);
  return {{"AccessKeyId", key.access_key_id},
          {"SecretAccessKey", key.secret_access_key},
          {"SessionToken", key.session_token},
          {"Expiration", epoch_seconds(expires)}};
}

class Operations {
 public:
  Operations(std::string account_id, TemporaryKeys keys)
      : account_id_(std::move(account_id)), keys_(std::move(keys)) {}

  ApiResult<Json> get_caller_identity(const Request& request) const {
    const std::string arn = caller(request);
    return Json{{"UserId", user_id(arn)}, {"Account", account_of(arn)}, {"Arn", arn}};
  }

  ApiResult<Json> get_session_token(const Json& in, const Request& request) const {
    const auto seconds = in.value("DurationSeconds", session_seconds);
    const TemporaryKey key = keys_.issue(caller(request), std::chrono::seconds(seconds));
    return Json{{"Credentials", key_json(key)}};
  }

  ApiResult<Json> assume_role(const Json& in) const {
    const auto role = parse_role_arn(in.at("RoleArn").get_ref<const std::string&>());
    if (!role) return failure(AwsError::validation("Request ARN is invalid"));
    const auto session = in.at("RoleSessionName").get<std::string>();
    const std::string arn = assumed_role_arn(*role, session);
    const auto seconds = in.value("DurationSeconds", role_seconds);
    const TemporaryKey key = keys_.issue(arn, std::chrono::seconds(seconds));
    Json out{{"Credentials", key_json(key)},
             {"AssumedRoleUser", {{"AssumedRoleId", user_id(arn)}, {"Arn", arn}}}};
    if (in.contains("SourceIdentity")) out["SourceIdentity"] = in["SourceIdentity"];
    return out;
  }

  // The token is not looked into: whoever may talk to the daemon may have any role.
  ApiResult<Json> assume_role_with_web_identity(const Json& in) const {
    TRY(Json out, assume_role(in));
    out["SubjectFromWebIdentityToken"] = in.at("RoleSessionName");
    if (in.contains("ProviderId")) out["Provider"] = in["ProviderId"];
    return out;
  }

 private:
  // SDKs look for a role in the caller's name, and refuse users and the account itself.
  std::string default_caller() const {
    return assumed_role_arn({"aws", account_id_, "trainyard"}, "local");
  }

  std::string caller(const Request& request) const {
    return keys_.principal_of(claimed_access_key_id(request)).value_or(default_caller());
  }

  // arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
  static std::string account_of(std::string_view arn) {
    for (int part = 0; part < 4; ++part) arn.remove_prefix(arn.find(':') + 1);
    return std::string(arn.substr(0, arn.find(':')));
  }

  static std::string user_id(std::string_view arn) {
    const std::string_view session = arn.substr(arn.rfind('/') + 1);
    arn.remove_suffix(session.size() + 1);
    return fmt::format("{}:{}", unique_id("AROA", arn.substr(arn.rfind('/') + 1)), session);
  }

  std::string account_id_;
  TemporaryKeys keys_;
};

std::map<std::string_view, ModelledService::Operation> table(std::string account_id,
                                                             TemporaryKeys keys) {
  const auto sts = std::make_shared<const Operations>(std::move(account_id), std::move(keys));
  return {
      {"AssumeRole", [sts](const Json& in, const Request&) { return sts->assume_role(in); }},
      {"AssumeRoleWithWebIdentity",
       [sts](const Json& in, const Request&) { return sts->assume_role_with_web_identity(in); }},
      {"GetCallerIdentity",
       [sts](const Json&, const Request& request) { return sts->get_caller_identity(request); }},
      {"GetSessionToken",
       [sts](const Json& in, const Request& request) {
         return sts->get_session_token(in, request);
       }},
  };
}

constexpr ServiceProtocols sts_protocols{"STS", "https://sts.amazonaws.com/doc/2011-06-15/", ""};

}  // namespace

StsService::StsService(std::string account_id, TemporaryKeys keys)
    : service_(sts_protocols, sts_model(), table(std::move(account_id), std::move(keys))) {
}

}  // namespace trainyard::api
