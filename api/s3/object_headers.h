#pragma once

// Which headers S3 keeps with an object, and how they come back.

#include "api/s3/s3_call.h"

namespace trainyard::api {

// What a PutObject, CopyObject (directive REPLACE) or CreateMultipartUpload says about the object.
// Encryption headers are kept and given back, though nothing is encrypted.
S3Result<ObjectMetadata> metadata_of_request(const Headers& headers);

// Refused because ignoring them would change what the caller gets, such as encryption by keys of
// the customer's own; and canned ACLs that do not exist.
S3Result<void> refuse_unserved_headers(const Headers& headers);

// ETag, Last-Modified, metadata; the query's response-* parameters take precedence.
S3Result<void> add_object_headers(const S3Call& call, const ObjectInfo& object, Headers& headers);

// The encryption that the caller asked for, which clients expect to see confirmed.
void echo_encryption(const ObjectMetadata& metadata, Headers& headers);

}  // namespace trainyard::api
