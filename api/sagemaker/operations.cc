#include "api/sagemaker/operations.h"

#include "api/sagemaker/training_job_rules.h"

namespace trainyard::api {

namespace {

constexpr SageMakerOperation table[] = {
    {"CreateTrainingJob", create_training_job, check_training_job_presence},
    {"DescribeTrainingJob", describe_training_job, nullptr},
    {"ListTrainingJobs", list_training_jobs, nullptr},
    {"StopTrainingJob", stop_training_job, nullptr},
    {"DeleteTrainingJob", delete_training_job, nullptr},
    {"UpdateTrainingJob", update_training_job, nullptr},
    {"AddTags", add_tags, nullptr},
    {"ListTags", list_tags, nullptr},
    {"DeleteTags", delete_tags, nullptr},
};

}  // namespace

std::span<const SageMakerOperation> sagemaker_operations() {
  return table;
}

}  // namespace trainyard::api
