#include "api/sagemaker/operations.h"

#include "api/sagemaker/training_job_rules.h"

namespace trainyard::api {

namespace {

constexpr SageMakerOperation table[] = {
    {"CreateTrainingJob", "CreateTrainingJobRequest", create_training_job,
     check_training_job_presence},
    {"DescribeTrainingJob", "DescribeTrainingJobRequest", describe_training_job, nullptr},
    {"ListTrainingJobs", "ListTrainingJobsRequest", list_training_jobs, nullptr},
    {"StopTrainingJob", "StopTrainingJobRequest", stop_training_job, nullptr},
    {"DeleteTrainingJob", "DeleteTrainingJobRequest", delete_training_job, nullptr},
    {"UpdateTrainingJob", "UpdateTrainingJobRequest", update_training_job, nullptr},
    {"AddTags", "AddTagsInput", add_tags, nullptr},
    {"ListTags", "ListTagsInput", list_tags, nullptr},
    {"DeleteTags", "DeleteTagsInput", delete_tags, nullptr},
};

}  // namespace

std::span<const SageMakerOperation> sagemaker_operations() {
  return table;
}

}  // namespace trainyard::api
