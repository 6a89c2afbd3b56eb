#include "api/iam/operations.h"
#include "api/sts/role_arn.h"
#include "api/wire/timestamp.h"
#include "api/wire/uri.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

Json tags_json(const std::map<std::string, std::string>& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push_back({{"Key", key}, {"Value", value}});
  return list;
}

Json role_json(const IamContext& context, const Role& role) {
  // Whole seconds, as the service tells them.
  const Time created = std::chrono::floor<std::chrono::seconds>(role.created);
  Json json{
      {"Path", role.path},
      {"RoleName", role.name},
      {"RoleId", unique_id("AROA", role.name)},
      {"Arn", fmt::format("arn:aws:iam::{}:role{}{}", context.account_id, role.path, role.name)},
      {"CreateDate", epoch_seconds(created)},
      {"AssumeRolePolicyDocument", percent_encode(role.trust, /*keep_slash=*/false)},
      {"MaxSessionDuration", role.session_seconds}};
  if (!role.description.empty()) json["Description"] = role.description;
  return json;
}

// What a single role shows and a list of roles does not.
Json full_role_json(const IamContext& context, const Role& role) {
  Json json = role_json(context, role);
  if (!role.tags.empty()) json["Tags"] = tags_json(role.tags);
  return Json{{"Role", std::move(json)}};
}

}  // namespace

ApiResult<Json> create_role(const IamContext& context, const Json& in) {
  Role role;
  role.name = in.at("RoleName").get<std::string>();
  role.path = in.value("Path", "/");
  role.trust = in.at("AssumeRolePolicyDocument").get<std::string>();
  role.description = in.value("Description", "");
  role.session_seconds = in.value("MaxSessionDuration", role.session_seconds);
  for (const Json& tag : in.value("Tags", Json::array())) {
    role.tags[tag.at("Key").get<std::string>()] = tag.at("Value").get<std::string>();
  }
  if (!Json::accept(role.trust)) {
    return failure(AwsError{"MalformedPolicyDocument", "This policy contains invalid Json", 400});
  }
  TRY(const Role created, context.roles.create(std::move(role)));
  return full_role_json(context, created);
}

ApiResult<Json> get_role(const IamContext& context, const Json& in) {
  TRY(const Role role, context.roles.find(in.at("RoleName").get<std::string>()));
  return full_role_json(context, role);
}

ApiResult<Json> list_roles(const IamContext& context, const Json& in) {
  const std::string prefix = in.value("PathPrefix", "/");
  const std::size_t limit = in.value("MaxItems", default_page_items);
  std::string last = in.value("Marker", "");
  Json out{{"Roles", Json::array()}, {"IsTruncated", false}};
  for (const Role& role : context.roles.list(last)) {
    if (!role.path.starts_with(prefix)) continue;
    if (out["Roles"].size() == limit) {
      out["IsTruncated"] = true;
      out["Marker"] = last;
      break;
    }
    out["Roles"].push_back(role_json(context, role));
    last = role.name;
  }
  return out;
}

ApiResult<Json> delete_role(const IamContext& context, const Json& in) {
  TRY_VOID(context.roles.remove(in.at("RoleName").get<std::string>()));
  return Json();
}

}  // namespace trainyard::api
