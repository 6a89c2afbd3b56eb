#pragma once

// The form of a request that both sides of a signature of the fourth version agree on, however it
// was written on the wire. Pure functions; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "api/wire/http_message.h"

namespace trainyard::api {

// Amazon S3 takes a path as it is, every other service resolves dot segments and encodes it again.
enum class PathForm { of_s3, of_other_services };

struct CanonicalForm {
  PathForm path = PathForm::of_s3;
  std::vector<std::string> signed_headers;  // lower case, in the signature's order
  std::string_view payload_hash;
  std::string_view left_out;  // a parameter of the query that is not signed: the signature itself
};

std::string canonical_request(const Request& request, const CanonicalForm& form);

// Their parts, for tests and for signing.
std::string canonical_path(std::string_view raw_path, PathForm form);
std::string canonical_query(std::string_view raw_query, std::string_view left_out);
std::string canonical_header_value(const Headers& headers, std::string_view name);

}  // namespace trainyard::api
