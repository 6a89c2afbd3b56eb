#pragma once

#include "api/sagemaker/context.h"
#include "api/wire/http_message.h"

namespace trainyard::api {

// The SageMaker API, as far as training jobs need it: AWS JSON 1.1 by X-Amz-Target. Every request
// gets an answer in the protocol's form, whatever is wrong with it.
//
// Keeps references to the jobs and the objects, which must outlive it. Any thread.
class SageMakerService {
 public:
  using Settings = SageMakerSettings;

  SageMakerService(TrainingJobs& jobs, ObjectStore& objects, CheckFile check_file,
                   Settings settings);

  Response handle(Request& request);

 private:
  SageMakerContext context_;
};

}  // namespace trainyard::api
