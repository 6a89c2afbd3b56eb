#pragma once

// A training job as clients see it: the accepted request with its defaults, kept as JSON text with
// the job, and what its run adds to that.

#include <string>

#include <nlohmann/json.hpp>

#include "api/sagemaker/context.h"
#include "api/wire/aws_error.h"
#include "runtime/job/job_record.h"

namespace trainyard::api {

// arn:aws:sagemaker:<region>:<account>:training-job/<name in lower case>
std::string training_job_arn(const SageMakerSettings& settings, std::string_view name);

// The valid request with the defaults that Describe shows, and without what it does not show.
nlohmann::json training_job_document(const nlohmann::json& request);

// What the runtime needs of a document.
JobSpec training_job_spec(const SageMakerSettings& settings, const nlohmann::json& document);

// The kept document of a job.
ApiResult<nlohmann::json> read_document(const JobRecord& record);

// The output of DescribeTrainingJob.
ApiResult<nlohmann::json> describe_record(const JobRecord& record);

}  // namespace trainyard::api
