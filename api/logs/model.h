#pragma once

#include "api/model/service_model.h"

namespace trainyard::api {

const ServiceModel& logs_model();

}  // namespace trainyard::api
