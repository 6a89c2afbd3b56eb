#pragma once

// The operations of the SageMaker service. Each takes input that is valid by its shape and gives
// its output, null where it has none. Where the service's messages are known they are used word for
// word.

#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/sagemaker/context.h"
#include "api/wire/aws_error.h"

namespace trainyard::api {

ApiResult<nlohmann::json> create_training_job(SageMakerContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> describe_training_job(SageMakerContext& context,
                                                const nlohmann::json& in);
ApiResult<nlohmann::json> list_training_jobs(SageMakerContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> stop_training_job(SageMakerContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> delete_training_job(SageMakerContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> update_training_job(SageMakerContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> add_tags(SageMakerContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> list_tags(SageMakerContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> delete_tags(SageMakerContext& context, const nlohmann::json& in);

struct SageMakerOperation {
  std::string_view name;  // one of the model's served operations
  ApiResult<nlohmann::json> (*run)(SageMakerContext& context, const nlohmann::json& in);
  // Further rules of the operation about what must be there; they are reported together with the
  // violations of the shape. May be null.
  void (*check_presence)(const nlohmann::json& in, std::vector<std::string>& violations);
};

std::span<const SageMakerOperation> sagemaker_operations();

}  // namespace trainyard::api
