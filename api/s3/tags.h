#pragma once

// Tags of objects and buckets: "Categorizing your storage using tags" in the Amazon S3 user guide.

#include <map>
#include <string>
#include <string_view>

#include "api/s3/s3_error.h"

namespace trainyard::api {

using Tags = std::map<std::string, std::string>;

inline constexpr std::size_t most_object_tags = 10;
inline constexpr std::size_t most_bucket_tags = 50;

// Of an x-amz-tagging header: "key=value&key=value", percent-encoded.
S3Result<Tags> tags_of_header(std::string_view header);

// Of the body of a PutObjectTagging or PutBucketTagging.
S3Result<Tags> tags_of_document(const std::string& text, std::size_t most);

std::string tag_document(const Tags& tags);

}  // namespace trainyard::api
