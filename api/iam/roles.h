#pragma once

// The roles of the account. A role of any name exists, since a request may name any as its RoleArn;
// those that were created, changed or deleted are remembered, in memory, until the daemon ends.
// Nothing is ever allowed or denied by them.

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "api/wire/aws_error.h"
#include "runtime/base/clock.h"

namespace trainyard::api {

struct Role {
  std::string name;
  std::string path = "/";
  std::string trust;  // the policy that says who may assume it, as JSON text
  std::string description;
  std::int64_t session_seconds = 3600;
  std::map<std::string, std::string> tags;
  Time created{};
  std::map<std::string, std::string> policies;  // inline ones, by name
  std::set<std::string> attached;               // ARNs of managed ones
};

// Bounded. Any thread.
class Roles {
 public:
  static constexpr std::size_t most_roles = 1000;
  // A role that every account has, under which callers are told that they work.
  static constexpr const char* own_role = "trainyard";

  explicit Roles(const Clock& clock);

  // EntityAlreadyExists, LimitExceeded.
  ApiResult<Role> create(Role role);
  // NoSuchEntity for one that was deleted, as for all below.
  ApiResult<Role> find(const std::string& name) const;
  // DeleteConflict while policies belong to it.
  ApiResult<> remove(const std::string& name);
  // The remembered ones behind that name, in the order of their names in lower case.
  std::vector<Role> list(const std::string& after) const;

  // Calls `change` with the role, and remembers what it made of it unless it fails.
  template <typename Change>
  ApiResult<> update(const std::string& name, const Change& change) {
    const std::lock_guard lock(mutex_);
    TRY(Role role, find_locked(name));
    TRY_VOID(change(role));
    return keep(std::move(role));
  }

  // Forgets everything that was done.
  void clear();

 private:
  ApiResult<Role> find_locked(const std::string& name) const;
  ApiResult<> keep(Role role);

  const Clock& clock_;
  const Time since_;
  mutable std::mutex mutex_;
  std::map<std::string, Role> roles_;  // by name in lower case
  std::set<std::string> deleted_;      // the same
};

AwsError no_such_entity(std::string message);

}  // namespace trainyard::api
