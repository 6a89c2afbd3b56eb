#pragma once

#include "runtime/base/result.h"
#include "runtime/job/job_record.h"
#include "runtime/store/sqlite.h"

namespace trainyard {

// Answers a listing from the journal's jobs table. The caller holds the database.
Result<JobPage> list_jobs(Database& database, const JobQuery& query);

}  // namespace trainyard
