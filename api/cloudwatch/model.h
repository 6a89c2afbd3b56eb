#pragma once

#include "api/model/service_model.h"

namespace trainyard::api {

const ServiceModel& cloudwatch_model();

}  // namespace trainyard::api
