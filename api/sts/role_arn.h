#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trainyard::api {

// arn:aws:iam::ACCOUNT:role/PATH/NAME
struct RoleArn {
  std::string partition;
  std::string account;
  std::string name;  // without its path
};

std::optional<RoleArn> parse_role_arn(std::string_view arn);

// Who works under a role in a session: arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
std::string assumed_role_arn(const RoleArn& role, std::string_view session);

// The id that goes with a name, as IAM makes them: a prefix ("AROA" for roles) and 17 letters and
// digits. The same name has the same id, also after a restart.
std::string unique_id(std::string_view prefix, std::string_view name);

}  // namespace trainyard::api
