#include "server/access_keys.h"

#include <nlohmann/json.hpp>

#include "api/signature/hmac.h"
#include "runtime/object/digest.h"
#include "runtime/store/data_directory.h"
#include "runtime/store/small_file.h"

namespace trainyard::server {

namespace {

using Json = nlohmann::json;

std::string text_of(const api::Credential& keys) {
  return Json{{"access_key_id", keys.access_key_id}, {"secret_access_key", keys.secret_access_key}}
      .dump();
}

std::string member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

Result<api::Credential> read_keys(const std::filesystem::path& file) {
  TRY(const std::string text, read_small_file(file));
  const Json object = Json::parse(text, nullptr, false);
  api::Credential keys;
  if (object.is_object()) {
    keys.access_key_id = member(object, "access_key_id");
    keys.secret_access_key = member(object, "secret_access_key");
  }
  if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
    return failure(ErrorKind::data_corrupt,
                   file.string() +
                       " does not hold an access key; remove it, and the daemon makes "
                       "another one when it starts");
  }
  return keys;
}

Result<api::Credential> read_or_make_keys(const std::filesystem::path& file) {
  auto known = read_keys(file);
  if (known || known.error().kind != ErrorKind::not_found) return known;
  api::Credential keys = api::new_permanent_credential();
  TRY_VOID(replace_file(file, text_of(keys) + "\n", true));
  return keys;
}

api::TemporaryKeys temporary_keys(api::CredentialStore& store, const api::CredentialSource& others,
                                  const Clock& clock) {
  const auto issue = [&](const std::string& principal, std::chrono::seconds duration) {
    api::Credential key = store.issue(principal, clock.now(), duration);
    return api::TemporaryKey{std::move(key.access_key_id), std::move(key.secret_access_key),
                             std::move(key.session_token), key.expires};
  };
  const auto principal_of = [&](std::string_view id) -> std::optional<std::string> {
    auto key = store.find(id);
    if (!key) key = others.find(id);
    if (!key || key->session_token.empty()) return std::nullopt;
    return key->principal;
  };
  return {issue, principal_of};
}

std::string control_token(const api::Credential& keys) {
  return to_hex(api::hmac_sha256(keys.secret_access_key, "trainyard control"));
}

std::string own_control_token(const std::filesystem::path& data_dir) {
  const auto keys = read_keys(keys_file(data_dir));
  return keys ? control_token(*keys) : "";
}

}  // namespace trainyard::server
