#pragma once

#include <memory>

#include "api/sagemaker/context.h"
#include "api/sagemaker/describe_holds.h"
#include "api/wire/aws_error.h"
#include "api/wire/http_message.h"

namespace trainyard::api {

// The SageMaker API, as far as training jobs need it: AWS JSON 1.1 by X-Amz-Target. Every request
// gets an answer in the protocol's form, whatever is wrong with it.
//
// Keeps references to the jobs and the objects, which must outlive it. Any thread.
class SageMakerService {
 public:
  using Settings = SageMakerSettings;

  // Without `holds` every answer is given at once.
  SageMakerService(TrainingJobs& jobs, ObjectStore& objects, CheckFile check_file,
                   Settings settings, std::unique_ptr<DescribeHolds> holds = nullptr);

  Response handle(Request& request);

 private:
  ApiResult<Response> answer(Request& request);

  SageMakerContext context_;
  std::unique_ptr<DescribeHolds> holds_;
};

}  // namespace trainyard::api
