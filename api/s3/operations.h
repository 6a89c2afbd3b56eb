#pragma once

// The operations, by the file that holds them. See operation_table.cc for when each is meant.

#include "api/s3/s3_call.h"

namespace trainyard::api {

// buckets.cc
S3Result<Response> list_buckets(S3Call& call);
S3Result<Response> create_bucket(S3Call& call);
S3Result<Response> head_bucket(S3Call& call);
S3Result<Response> delete_bucket(S3Call& call);
S3Result<Response> get_bucket_location(S3Call& call);

// bucket_documents.cc: every document of a bucket that cannot be written
bool is_bucket_document(std::string_view sub_resource, bool to_delete);
S3Result<Response> get_bucket_document(S3Call& call);
S3Result<Response> delete_bucket_document(S3Call& call);

// cors.cc
S3Result<Response> get_bucket_cors(S3Call& call);
S3Result<Response> put_bucket_cors(S3Call& call);
S3Result<Response> delete_bucket_cors(S3Call& call);

// acl.cc
S3Result<Response> get_bucket_acl(S3Call& call);
S3Result<Response> put_bucket_acl(S3Call& call);
S3Result<Response> get_object_acl(S3Call& call);
S3Result<Response> put_object_acl(S3Call& call);

// tagging.cc
S3Result<Response> get_bucket_tagging(S3Call& call);
S3Result<Response> put_bucket_tagging(S3Call& call);
S3Result<Response> delete_bucket_tagging(S3Call& call);
S3Result<Response> get_object_tagging(S3Call& call);
S3Result<Response> put_object_tagging(S3Call& call);
S3Result<Response> delete_object_tagging(S3Call& call);

// versioning.cc
S3Result<Response> get_bucket_versioning(S3Call& call);
S3Result<Response> put_bucket_versioning(S3Call& call);
S3Result<Response> list_object_versions(S3Call& call);

// listing.cc
S3Result<Response> list_objects(S3Call& call);
S3Result<Response> list_objects_v2(S3Call& call);

// put_object.cc, post_object.cc, get_object.cc, object_attributes.cc, delete_objects.cc,
// copy_object.cc
S3Result<Response> put_object(S3Call& call);
S3Result<Response> post_object(S3Call& call);
S3Result<Response> get_object(S3Call& call);  // and HeadObject
S3Result<Response> get_object_attributes(S3Call& call);
S3Result<Response> delete_object(S3Call& call);
S3Result<Response> delete_objects(S3Call& call);
S3Result<Response> copy_object(S3Call& call);

// multipart.cc, multipart_complete.cc, copy_object.cc, multipart_listing.cc
S3Result<Response> create_multipart_upload(S3Call& call);
S3Result<Response> upload_part(S3Call& call);
S3Result<Response> upload_part_copy(S3Call& call);
S3Result<Response> complete_multipart_upload(S3Call& call);
S3Result<Response> abort_multipart_upload(S3Call& call);
S3Result<Response> list_parts(S3Call& call);
S3Result<Response> list_multipart_uploads(S3Call& call);

}  // namespace trainyard::api
