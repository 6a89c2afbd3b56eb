#pragma once

#include <memory>
#include <string>

#include "api/s3/s3_call.h"

namespace trainyard::api {

// The object that x-amz-copy-source names, open: later writes to its key do not change the copy.
struct CopySource {
  std::string bucket;
  std::string key;
  bool named_version = false;  // not simply the current one
  std::unique_ptr<BucketReader> object;
};

// Also checks the conditions on the source (x-amz-copy-source-if-*).
S3Result<CopySource> open_copy_source(S3Call& call);

}  // namespace trainyard::api
