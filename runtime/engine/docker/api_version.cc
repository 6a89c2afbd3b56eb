#include "runtime/engine/docker/api_version.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "runtime/engine/docker/json_access.h"

namespace trainyard {

std::string ApiVersion::text() const {
  return fmt::format("{}.{}", major, minor);
}

std::optional<ApiVersion> ApiVersion::parse(std::string_view text) {
  ApiVersion version;
  const char* end = text.data() + text.size();
  const auto [dot, major_error] = std::from_chars(text.data(), end, version.major);
  if (major_error != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  const auto [rest, minor_error] = std::from_chars(dot + 1, end, version.minor);
  if (minor_error != std::errc{} || rest != end) return std::nullopt;
  return version;
}

Result<ApiVersion> agree_on_version(ApiVersion engine_oldest, ApiVersion engine_newest) {
  if (engine_newest < oldest_api_version) {
    return failure(ErrorKind::unsupported,
                   fmt::format("the Docker Engine is too old: it speaks API version {}, at least "
                               "{} (Engine 19.03) is needed",
                               engine_newest.text(), oldest_api_version.text()));
  }
  return std::min(std::max(preferred_api_version, engine_oldest), engine_newest);
}

Result<ApiVersion> agree_on_version(std::string_view version_reply) {
  const nlohmann::json json = nlohmann::json::parse(version_reply, nullptr, false);
  const auto newest = ApiVersion::parse(text_at(json, "ApiVersion"));
  if (!newest) {
    return failure(ErrorKind::unavailable,
                   "what answers at the Engine's address does not say its API version: it may not "
                   "be a Docker Engine");
  }
  const auto oldest = ApiVersion::parse(text_at(json, "MinAPIVersion"));
  return agree_on_version(oldest.value_or(ApiVersion{}), *newest);
}

Result<ApiVersion> VersionAgreement::get(const Agree& agree, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, stop, [&] { return agreed_ || !asking_; })) {
    return failure(ErrorKind::cancelled, "stopped while agreeing on an API version");
  }
  if (agreed_) return *agreed_;
  asking_ = true;
  lock.unlock();
  auto version = agree(stop);
  lock.lock();
  asking_ = false;
  if (version) agreed_ = *version;
  changed_.notify_all();
  return version;
}

void VersionAgreement::forget() {
  const std::lock_guard lock(mutex_);
  agreed_.reset();
}

}  // namespace trainyard
