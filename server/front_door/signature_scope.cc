#include "server/front_door/signature_scope.h"

#include <algorithm>
#include <utility>

#include "api/wire/uri.h"

namespace trainyard::server {

namespace {

// What is malformed stays as it is: this only tells requests apart.
std::string decode(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return api::percent_decode(spaced).value_or(std::move(spaced));
}

// AKID/date/region/service/aws4_request; the key id, which is a client's own, may hold anything.
std::optional<std::string> service_of_credential(std::string_view credential) {
  constexpr std::string_view end = "/aws4_request";
  if (!credential.ends_with(end)) return std::nullopt;
  credential.remove_suffix(end.size());
  const std::size_t slash = credential.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == credential.size()) return std::nullopt;
  return std::string(credential.substr(slash + 1));
}

std::optional<std::string> scope_of_authorization(std::string_view authorization) {
  if (!authorization.starts_with("AWS4-HMAC-SHA256") &&
      !authorization.starts_with("AWS4-ECDSA-P256-SHA256")) {
    return std::nullopt;
  }
  constexpr std::string_view name = "Credential=";
  const std::size_t begin = authorization.find(name);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view rest = authorization.substr(begin + name.size());
  return service_of_credential(rest.substr(0, rest.find_first_of(", \t")));
}

}  // namespace

std::optional<std::string> signature_scope(const api::Request& request) {
  if (auto scope = scope_of_authorization(request.headers.get("Authorization"))) return scope;
  const auto credential = form_value(request.query, "X-Amz-Credential");
  return credential ? service_of_credential(*credential) : std::nullopt;
}

bool has_signature_v2(const api::Request& request) {
  const std::string_view authorization = request.headers.get("Authorization");
  if (authorization.starts_with("AWS ") && authorization.find(':') != std::string_view::npos) {
    return true;
  }
  return form_value(request.query, "AWSAccessKeyId") && form_value(request.query, "Signature");
}

std::optional<std::string> form_value(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const std::size_t end = form.find('&');
    const std::string_view field = form.substr(0, end);
    const std::size_t equals = field.find('=');
    if (decode(field.substr(0, equals)) == name) {
      return equals == std::string_view::npos ? std::string() : decode(field.substr(equals + 1));
    }
    if (end == std::string_view::npos) break;
    form.remove_prefix(end + 1);
  }
  return std::nullopt;
}

}  // namespace trainyard::server
