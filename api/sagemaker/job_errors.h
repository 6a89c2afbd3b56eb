#pragma once

#include "api/wire/aws_error.h"
#include "runtime/job/job_status.h"

namespace trainyard::api {

// What the service says about a job that does not exist, as a ValidationException: the SDKs'
// waiters and users match both.
AwsError no_such_job();

// "The request was rejected because the training job is in status Completed."
AwsError wrong_status(JobStatus status);

// not_found as no_such_job, everything else as AwsError::from.
AwsError job_error(const Error& error);

}  // namespace trainyard::api
