#include "api/sagemaker/job_errors.h"

namespace trainyard::api {

AwsError no_such_job() {
  return AwsError::validation("Requested resource not found.");
}

AwsError wrong_status(JobStatus status) {
  return AwsError::validation(fmt::format(
      "The request was rejected because the training job is in status {}.", to_string(status)));
}

AwsError job_error(const Error& error) {
  return error.kind == ErrorKind::not_found ? no_such_job() : AwsError::from(error);
}

}  // namespace trainyard::api
