#pragma once

#include <string_view>

namespace trainyard::api {

// Whether SageMaker's public model has an operation of that name, served here or not.
bool is_known_operation(std::string_view name);

}  // namespace trainyard::api
