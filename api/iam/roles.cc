#include "api/iam/roles.h"

#include <algorithm>

namespace trainyard::api {

namespace {

constexpr std::string_view sagemaker_trust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
    R"("Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]})";

// Names are unique without regard to case; they are ASCII by their pattern.
std::string key_of(std::string name) {
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

Role plain_role(const std::string& name, Time created) {
  Role role;
  role.name = name;
  role.trust = sagemaker_trust;
  role.created = created;
  return role;
}

}  // namespace

AwsError no_such_entity(std::string message) {
  return {"NoSuchEntity", std::move(message), 404};
}

Roles::Roles(const Clock& clock) : clock_(clock), since_(clock.now()) {
  clear();
}

void Roles::clear() {
  const std::lock_guard lock(mutex_);
  roles_.clear();
  deleted_.clear();
  roles_.emplace(own_role, plain_role(own_role, since_));
}

ApiResult<Role> Roles::create(Role role) {
  const std::lock_guard lock(mutex_);
  if (roles_.contains(key_of(role.name))) {
    return failure(AwsError{"EntityAlreadyExists",
                            fmt::format("Role with name {} already exists.", role.name), 409});
  }
  role.created = clock_.now();
  TRY_VOID(keep(role));
  return role;
}

ApiResult<Role> Roles::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return find_locked(name);
}

ApiResult<Role> Roles::find_locked(const std::string& name) const {
  const std::string key = key_of(name);
  if (deleted_.contains(key)) {
    return failure(no_such_entity(fmt::format("The role with name {} cannot be found.", name)));
  }
  const auto known = roles_.find(key);
  return known == roles_.end() ? plain_role(name, since_) : known->second;
}

ApiResult<> Roles::keep(Role role) {
  const std::string key = key_of(role.name);
  if (!roles_.contains(key) && roles_.size() == most_roles) {
    return failure(AwsError{"LimitExceeded",
                            fmt::format("Cannot exceed quota for RolesPerAccount: {}", most_roles),
                            409});
  }
  deleted_.erase(key);
  roles_.insert_or_assign(key, std::move(role));
  return {};
}

ApiResult<> Roles::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  TRY(const Role role, find_locked(name));
  if (!role.policies.empty() || !role.attached.empty()) {
    const std::string_view first = role.attached.empty() ? "delete" : "detach all";
    return failure(AwsError{"DeleteConflict",
                            fmt::format("Cannot delete entity, must {} policies first.", first),
                            409});
  }
  roles_.erase(key_of(name));
  // Beyond the bound a deleted role is again one of the many that were never heard of.
  if (deleted_.size() < most_roles) deleted_.insert(key_of(name));
  return {};
}

std::vector<Role> Roles::list(const std::string& after) const {
  const std::lock_guard lock(mutex_);
  std::vector<Role> list;
  for (auto role = roles_.upper_bound(key_of(after)); role != roles_.end(); ++role) {
    list.push_back(role->second);
  }
  return list;
}

}  // namespace trainyard::api
