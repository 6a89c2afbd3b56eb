#pragma once

#include "api/wire/aws_error.h"
#include "runtime/store/log_catalog.h"

namespace trainyard::api {

// Tags that somebody wants to give; reserved keys are refused.
ApiResult<LogTags> checked_log_tags(LogTags tags);

}  // namespace trainyard::api
