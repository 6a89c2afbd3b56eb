#pragma once

#include "api/model/service_model.h"

namespace trainyard::api {

const ServiceModel& sts_model();

}  // namespace trainyard::api
