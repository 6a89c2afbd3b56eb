#pragma once

// What the operations of multipart uploads share.

#include <string>

#include "api/s3/s3_call.h"

namespace trainyard::api {

inline constexpr int most_part_number = 10'000;
// Of every part but the last.
inline constexpr std::uint64_t smallest_part = 5 * 1024 * 1024;

// The upload that the query names, or NoSuchUpload.
S3Result<UploadInfo> find_upload(S3Call& call);

// The query's partNumber, from 1 to most_part_number.
S3Result<int> part_number(const S3Call& call);

// Commits a part whose upload may have ended meanwhile.
S3Result<ObjectInfo> commit_part(BodyWriter& writer, const UploadInfo& upload);

S3Error no_such_upload(const std::string& id);

}  // namespace trainyard::api
