#include "runtime/object/object_uri.h"

namespace trainyard {
namespace {

constexpr std::string_view s3_scheme = "s3://";
constexpr std::string_view file_scheme = "file://";

std::string_view without_trailing_slashes(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<ObjectUri> parse_object_uri(std::string_view uri) {
  ObjectUri result;
  if (uri.starts_with(s3_scheme)) {
    const std::string_view rest = uri.substr(s3_scheme.size());
    const std::size_t slash = rest.find('/');
    result.bucket = rest.substr(0, slash);
    if (slash != std::string_view::npos) result.path = rest.substr(slash + 1);
    if (!result.bucket.empty()) return result;
    return failure(ErrorKind::invalid_argument, fmt::format("{} names no bucket", uri));
  }
  if (uri.starts_with(file_scheme)) {
    result.scheme = ObjectUri::Scheme::file;
    result.path = uri.substr(file_scheme.size());
    if (result.path.starts_with('/') && result.path.find('\0') == std::string::npos) return result;
    return failure(ErrorKind::invalid_argument,
                   fmt::format("{} must be file:// and an absolute path, as in file:///data", uri));
  }
  if (uri.starts_with("https://")) {
    return failure(ErrorKind::unsupported,
                   fmt::format("{}: https locations are not supported, use s3:// or file://", uri));
  }
  return failure(ErrorKind::invalid_argument,
                 fmt::format("{} is neither an s3:// nor a file:// location", uri));
}

std::string to_string(const ObjectUri& uri) {
  if (uri.scheme == ObjectUri::Scheme::file) return fmt::format("{}{}", file_scheme, uri.path);
  return fmt::format("{}{}/{}", s3_scheme, uri.bucket, uri.path);
}

std::string join_key(std::string_view base, std::string_view name) {
  const std::string_view head = without_trailing_slashes(base);
  while (name.starts_with('/')) name.remove_prefix(1);
  // A base of slashes only is the root of a file system, not nothing.
  if (head.empty()) return base.empty() ? std::string(name) : fmt::format("/{}", name);
  return fmt::format("{}/{}", head, name);
}

std::string_view base_name(std::string_view path) {
  path = without_trailing_slashes(path);
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace trainyard
