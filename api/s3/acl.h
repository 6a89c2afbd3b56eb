#pragma once

// Access control lists: there is one account, and everything is its own. Canned lists are accepted
// because none of them takes anything from the owner.

#include "api/s3/s3_error.h"
#include "api/wire/http_message.h"

namespace trainyard::api {

// InvalidArgument for an x-amz-acl that S3 does not know.
S3Result<void> check_canned_acl(const Headers& headers);

}  // namespace trainyard::api
