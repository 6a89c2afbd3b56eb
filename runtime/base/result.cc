#include "runtime/base/result.h"

#include <cerrno>
#include <system_error>

namespace trainyard {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument:
      return "invalid argument";
    case ErrorKind::not_found:
      return "not found";
    case ErrorKind::already_exists:
      return "already exists";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::permission_denied:
      return "permission denied";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::timed_out:
      return "timed out";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::limit_exceeded:
      return "limit exceeded";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::data_corrupt:
      return "data corrupt";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

namespace {

ErrorKind kind_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::not_found;
    case EEXIST:
      return ErrorKind::already_exists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::permission_denied;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ENOTCONN:
      return ErrorKind::unavailable;
    case ETIMEDOUT:
      return ErrorKind::timed_out;
    case ECANCELED:
      return ErrorKind::cancelled;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
      return ErrorKind::limit_exceeded;
    case EINVAL:
    case ENAMETOOLONG:
      return ErrorKind::invalid_argument;
    default:
      return ErrorKind::internal;
  }
}

}  // namespace

Error system_error(int error_number, std::string_view what) {
  return Error{kind_of(error_number),
               fmt::format("{}: {}", what, std::generic_category().message(error_number))};
}

}  // namespace trainyard
