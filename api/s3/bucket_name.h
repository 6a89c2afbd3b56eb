#pragma once

#include <string_view>

namespace trainyard::api {

// The rules of "General purpose bucket naming rules" in the Amazon S3 user guide.
bool is_bucket_name(std::string_view name);

}  // namespace trainyard::api
