#pragma once

#include "api/model/service_model.h"

namespace trainyard::api {

const ServiceModel& iam_model();

}  // namespace trainyard::api
