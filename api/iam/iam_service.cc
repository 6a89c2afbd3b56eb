#include "api/iam/iam_service.h"

#include "api/iam/model.h"
#include "api/iam/operations.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// Every operation works on the roles; none asks who calls.
std::map<std::string_view, ModelledService::Operation> table(const std::string& account_id,
                                                             Roles& roles) {
  using Run = ApiResult<Json> (*)(const IamContext&, const Json&);
  constexpr std::pair<std::string_view, Run> rows[] = {
      {"AttachRolePolicy", attach_role_policy},
      {"CreateRole", create_role},
      {"DeleteRole", delete_role},
      {"DeleteRolePolicy", delete_role_policy},
      {"DetachRolePolicy", detach_role_policy},
      {"GetRole", get_role},
      {"GetRolePolicy", get_role_policy},
      {"ListAttachedRolePolicies", list_attached_role_policies},
      {"ListInstanceProfilesForRole", list_instance_profiles_for_role},
      {"ListRolePolicies", list_role_policies},
      {"ListRoles", list_roles},
      {"PutRolePolicy", put_role_policy},
      {"SimulatePrincipalPolicy", simulate_principal_policy},
  };
  std::map<std::string_view, ModelledService::Operation> operations;
  for (const auto& [name, run] : rows) {
    operations.emplace(name, [context = IamContext{account_id, roles}, run](
                                 const Json& in, const Request&) { return run(context, in); });
  }
  return operations;
}

constexpr ServiceProtocols iam_protocols{"IAM", "https://iam.amazonaws.com/doc/2010-05-08/", ""};

}  // namespace

IamService::IamService(std::string account_id, const Clock& clock)
    : roles_(clock), service_(iam_protocols, iam_model(), table(account_id, roles_)) {
}

}  // namespace trainyard::api
