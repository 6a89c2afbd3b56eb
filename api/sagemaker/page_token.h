#pragma once

// The NextToken of a listing: where the next page begins, in a form that clients only carry.
//
// It names the last job that was seen, not a number of jobs, so jobs that come or go between two
// pages neither repeat nor hide others. It holds for the query that it was made for, also after a
// restart of the daemon.

#include <cstdint>
#include <string>
#include <string_view>

#include "api/wire/aws_error.h"
#include "runtime/job/job_record.h"

namespace trainyard::api {

std::string to_page_token(const JobQuery::Position& position, std::string_view query);

// A ValidationException when the token is not one of ours, or was made for another query.
ApiResult<JobQuery::Position> from_page_token(std::string_view token, std::string_view query);

}  // namespace trainyard::api
