#include "api/sts/role_arn.h"

#include <fmt/format.h>

#include "runtime/object/digest.h"

namespace trainyard::api {

std::optional<RoleArn> parse_role_arn(std::string_view arn) {
  const auto take = [&](char end) {
    const std::string_view part = arn.substr(0, arn.find(end));
    arn.remove_prefix(std::min(arn.size(), part.size() + 1));
    return part;
  };
  if (take(':') != "arn") return std::nullopt;
  RoleArn role;
  role.partition = take(':');
  if (take(':') != "iam") return std::nullopt;
  if (!take(':').empty()) return std::nullopt;
  role.account = take(':');
  if (take('/') != "role") return std::nullopt;
  role.name = arn.substr(arn.rfind('/') + 1);
  if (role.partition.empty() || role.account.empty() || role.name.empty()) return std::nullopt;
  return role;
}

std::string assumed_role_arn(const RoleArn& role, std::string_view session) {
  return fmt::format("arn:{}:sts::{}:assumed-role/{}/{}", role.partition, role.account, role.name,
                     session);
}

std::string unique_id(std::string_view prefix, std::string_view name) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  constexpr std::size_t length = 17;
  const std::string digest = digest_of(DigestAlgorithm::sha256, name);
  std::string id(prefix);
  for (std::size_t i = 0; i < length; ++i) {
    id += letters[static_cast<unsigned char>(digest[i]) % letters.size()];
  }
  return id;
}

}  // namespace trainyard::api
