#include <algorithm>

#include "api/iam/operations.h"
#include "api/wire/text.h"
#include "api/wire/uri.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// IAM's quotas ("IAM and AWS STS quotas", IAM user guide).
constexpr std::size_t most_attached = 10;
constexpr std::size_t most_inline_characters = 10'240;

std::string role_name(const Json& in) {
  return in.at("RoleName").get<std::string>();
}

AwsError no_such_policy(const std::string& policy) {
  return no_such_entity(fmt::format("The role policy with name {} cannot be found.", policy));
}

}  // namespace

ApiResult<Json> attach_role_policy(const IamContext& context, const Json& in) {
  TRY_VOID(context.roles.update(role_name(in), [&](Role& role) -> ApiResult<> {
    role.attached.insert(in.at("PolicyArn").get<std::string>());
    if (role.attached.size() <= most_attached) return {};
    return failure(
        AwsError{"LimitExceeded",
                 fmt::format("Cannot exceed quota for PoliciesPerRole: {}", most_attached), 409});
  }));
  return Json();
}

ApiResult<Json> detach_role_policy(const IamContext& context, const Json& in) {
  const auto arn = in.at("PolicyArn").get<std::string>();
  TRY_VOID(context.roles.update(role_name(in), [&](Role& role) -> ApiResult<> {
    if (role.attached.erase(arn) > 0) return {};
    return failure(no_such_entity(fmt::format("Policy {} was not found.", arn)));
  }));
  return Json();
}

ApiResult<Json> list_attached_role_policies(const IamContext& context, const Json& in) {
  TRY(const Role role, context.roles.find(role_name(in)));
  Json list = Json::array();
  for (const std::string& arn : role.attached) {
    list.push_back({{"PolicyName", arn.substr(arn.rfind('/') + 1)}, {"PolicyArn", arn}});
  }
  return Json{{"AttachedPolicies", std::move(list)}, {"IsTruncated", false}};
}

ApiResult<Json> put_role_policy(const IamContext& context, const Json& in) {
  const auto document = in.at("PolicyDocument").get<std::string>();
  if (!Json::accept(document)) {
    return failure(AwsError{"MalformedPolicyDocument", "Syntax errors in policy.", 400});
  }
  TRY_VOID(context.roles.update(role_name(in), [&](Role& role) -> ApiResult<> {
    role.policies[in.at("PolicyName").get<std::string>()] = document;
    std::size_t characters = 0;
    for (const auto& [name, policy] : role.policies) characters += policy.size();
    if (characters <= most_inline_characters) return {};
    return failure(AwsError{"LimitExceeded",
                            fmt::format("Maximum policy size of {} bytes exceeded for role {}",
                                        most_inline_characters, role.name),
                            409});
  }));
  return Json();
}

ApiResult<Json> get_role_policy(const IamContext& context, const Json& in) {
  const auto name = in.at("PolicyName").get<std::string>();
  TRY(const Role role, context.roles.find(role_name(in)));
  const auto policy = role.policies.find(name);
  if (policy == role.policies.end()) return failure(no_such_policy(name));
  return Json{{"RoleName", role.name},
              {"PolicyName", name},
              {"PolicyDocument", percent_encode(policy->second, /*keep_slash=*/false)}};
}

ApiResult<Json> delete_role_policy(const IamContext& context, const Json& in) {
  const auto name = in.at("PolicyName").get<std::string>();
  TRY_VOID(context.roles.update(role_name(in), [&](Role& role) -> ApiResult<> {
    if (role.policies.erase(name) > 0) return {};
    return failure(no_such_policy(name));
  }));
  return Json();
}

ApiResult<Json> list_role_policies(const IamContext& context, const Json& in) {
  TRY(const Role role, context.roles.find(role_name(in)));
  Json list = Json::array();
  for (const auto& [name, document] : role.policies) list.push_back(name);
  return Json{{"PolicyNames", std::move(list)}, {"IsTruncated", false}};
}

ApiResult<Json> list_instance_profiles_for_role(const IamContext& context, const Json& in) {
  TRY_VOID(context.roles.find(role_name(in)));
  return Json{{"InstanceProfiles", Json::array()}, {"IsTruncated", false}};
}

// Every action with every resource is far more than what is asked with: it comes by pages. A marker
// is the number of results before it.
ApiResult<Json> simulate_principal_policy(const IamContext&, const Json& in) {
  const Json& actions = in.at("ActionNames");
  const Json resources = in.value("ResourceArns", Json::array({"*"}));
  const std::size_t all = actions.size() * resources.size();
  const auto begin = parse_number<std::size_t>(in.value("Marker", "0"));
  if (!begin || *begin > all) {
    return failure(AwsError{"InvalidInput", "Invalid Marker: it belongs to another request.", 400});
  }
  const std::size_t end = *begin + std::min(in.value("MaxItems", default_page_items), all - *begin);
  Json results = Json::array();
  for (std::size_t at = *begin; at < end; ++at) {
    results.push_back({{"EvalActionName", actions[at / resources.size()]},
                       {"EvalResourceName", resources[at % resources.size()]},
                       {"EvalDecision", "allowed"},
                       {"MatchedStatements", Json::array()},
                       {"MissingContextValues", Json::array()}});
  }
  Json out{{"EvaluationResults", std::move(results)}, {"IsTruncated", end < all}};
  if (end < all) out["Marker"] = std::to_string(end);
  return out;
}

}  // namespace trainyard::api
