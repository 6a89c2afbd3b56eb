#pragma once

// The operations of IAM. Each takes input that is valid by its shape and gives its output, null
// where it has none. Error texts are the service's.

#include <cstddef>
#include <string>

#include <nlohmann/json.hpp>

#include "api/iam/roles.h"

namespace trainyard::api {

// Of every listing.
inline constexpr std::size_t default_page_items = 100;

struct IamContext {
  std::string account_id;
  Roles& roles;
};

ApiResult<nlohmann::json> create_role(const IamContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> get_role(const IamContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> list_roles(const IamContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> delete_role(const IamContext& context, const nlohmann::json& in);

ApiResult<nlohmann::json> attach_role_policy(const IamContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> detach_role_policy(const IamContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> list_attached_role_policies(const IamContext& context,
                                                      const nlohmann::json& in);
ApiResult<nlohmann::json> put_role_policy(const IamContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> get_role_policy(const IamContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> delete_role_policy(const IamContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> list_role_policies(const IamContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> list_instance_profiles_for_role(const IamContext& context,
                                                          const nlohmann::json& in);

ApiResult<nlohmann::json> simulate_principal_policy(const IamContext& context,
                                                    const nlohmann::json& in);

}  // namespace trainyard::api
