#pragma once

// The rules of CreateTrainingJob that the service model does not say: they are about several
// members at once, or about members that the model leaves optional for kinds of jobs other than
// those in a container.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/wire/aws_error.h"

namespace trainyard::api {

// Adds a violation for every member that an ordinary job needs and `request` lacks.
void check_training_job_presence(const nlohmann::json& request,
                                 std::vector<std::string>& violations);

// The first broken rule, of a request that is valid, complete and asks for nothing unsupported.
ApiResult<> check_training_job_rules(const nlohmann::json& request);

}  // namespace trainyard::api
