#include "api/s3/operation_table.h"

#include <algorithm>
#include <iterator>

#include "api/s3/operations.h"

namespace trainyard::api {

namespace {

enum class Target { service, bucket, object };

struct Row {
  std::string_view method;
  Target target;
  std::string_view sub_resource;  // "" for none
  bool copies;                    // with x-amz-copy-source
  S3Operation operation;
};

constexpr Row table[] = {
    {"GET", Target::service, "", false, {"ListBuckets", list_buckets}},

    {"PUT", Target::bucket, "", false, {"CreateBucket", create_bucket}},
    {"HEAD", Target::bucket, "", false, {"HeadBucket", head_bucket}},
    {"DELETE", Target::bucket, "", false, {"DeleteBucket", delete_bucket}},
    {"GET", Target::bucket, "location", false, {"GetBucketLocation", get_bucket_location}},
    {"GET", Target::bucket, "", false, {"ListObjects", list_objects}},
    {"GET", Target::bucket, "list-type", false, {"ListObjectsV2", list_objects_v2}},
    {"GET", Target::bucket, "acl", false, {"GetBucketAcl", get_bucket_acl}},
    {"PUT", Target::bucket, "acl", false, {"PutBucketAcl", put_bucket_acl}},
    {"GET", Target::bucket, "cors", false, {"GetBucketCors", get_bucket_cors}},
    {"PUT", Target::bucket, "cors", false, {"PutBucketCors", put_bucket_cors}},
    {"DELETE", Target::bucket, "cors", false, {"DeleteBucketCors", delete_bucket_cors}},
    {"GET", Target::bucket, "tagging", false, {"GetBucketTagging", get_bucket_tagging}},
    {"PUT", Target::bucket, "tagging", false, {"PutBucketTagging", put_bucket_tagging}},
    {"DELETE", Target::bucket, "tagging", false, {"DeleteBucketTagging", delete_bucket_tagging}},
    {"GET", Target::bucket, "versioning", false, {"GetBucketVersioning", get_bucket_versioning}},
    {"PUT", Target::bucket, "versioning", false, {"PutBucketVersioning", put_bucket_versioning}},
    {"GET", Target::bucket, "versions", false, {"ListObjectVersions", list_object_versions}},
    {"GET", Target::bucket, "uploads", false, {"ListMultipartUploads", list_multipart_uploads}},
    {"POST", Target::bucket, "delete", false, {"DeleteObjects", delete_objects}},
    {"POST", Target::bucket, "", false, {"PostObject", post_object, true}},

    {"PUT", Target::object, "", false, {"PutObject", put_object}},
    {"PUT", Target::object, "", true, {"CopyObject", copy_object}},
    {"GET", Target::object, "", false, {"GetObject", get_object}},
    {"HEAD", Target::object, "", false, {"HeadObject", get_object}},
    {"GET", Target::object, "attributes", false, {"GetObjectAttributes", get_object_attributes}},
    {"GET", Target::object, "acl", false, {"GetObjectAcl", get_object_acl}},
    {"PUT", Target::object, "acl", false, {"PutObjectAcl", put_object_acl}},
    {"GET", Target::object, "tagging", false, {"GetObjectTagging", get_object_tagging}},
    {"PUT", Target::object, "tagging", false, {"PutObjectTagging", put_object_tagging}},
    {"DELETE", Target::object, "tagging", false, {"DeleteObjectTagging", delete_object_tagging}},
    {"DELETE", Target::object, "", false, {"DeleteObject", delete_object}},

    {"POST", Target::object, "uploads", false, {"CreateMultipartUpload", create_multipart_upload}},
    {"PUT", Target::object, "uploadId", false, {"UploadPart", upload_part}},
    {"PUT", Target::object, "uploadId", true, {"UploadPartCopy", upload_part_copy}},
    {"GET", Target::object, "uploadId", false, {"ListParts", list_parts}},
    {"POST",
     Target::object,
     "uploadId",
     false,
     {"CompleteMultipartUpload", complete_multipart_upload}},
    {"DELETE", Target::object, "uploadId", false, {"AbortMultipartUpload", abort_multipart_upload}},
};

constexpr S3Operation get_document{"GetBucketDocument", get_bucket_document};
constexpr S3Operation delete_document{"DeleteBucketDocument", delete_bucket_document};

// Every parameter that makes a request mean another operation. Those that no row of the table
// serves are here so that they are refused.
constexpr std::string_view sub_resources[] = {"abac",
                                              "accelerate",
                                              "acl",
                                              "analytics",
                                              "annotation",
                                              "attributes",
                                              "cors",
                                              "delete",
                                              "encryption",
                                              "events",
                                              "intelligent-tiering",
                                              "inventory",
                                              "legal-hold",
                                              "lifecycle",
                                              "list-type",
                                              "location",
                                              "logging",
                                              "metadataAnnotationTable",
                                              "metadataConfiguration",
                                              "metadataInventoryTable",
                                              "metadataJournalTable",
                                              "metadataTable",
                                              "metrics",
                                              "notification",
                                              "object-lock",
                                              "ownershipControls",
                                              "policy",
                                              "policyStatus",
                                              "publicAccessBlock",
                                              "renameObject",
                                              "replication",
                                              "requestPayment",
                                              "restore",
                                              "retention",
                                              "select",
                                              "session",
                                              "tagging",
                                              "torrent",
                                              "uploadId",
                                              "uploads",
                                              "versioning",
                                              "versions",
                                              "website"};

std::string_view sub_resource_of(const QueryParameters& query) {
  for (const std::string_view name : sub_resources) {
    if (query.has(name)) return name;
  }
  return "";
}

Target target_of(const std::string& bucket, const std::string& key) {
  if (bucket.empty()) return Target::service;
  return key.empty() ? Target::bucket : Target::object;
}

const Row* find_row(const Request& request, Target target, std::string_view sub_resource) {
  const bool copies = request.method == "PUT" && target == Target::object &&
                      request.headers.find("x-amz-copy-source").has_value();
  const Row* row = std::find_if(std::begin(table), std::end(table), [&](const Row& candidate) {
    return candidate.method == request.method && candidate.target == target &&
           candidate.sub_resource == sub_resource && candidate.copies == copies;
  });
  return row == std::end(table) ? nullptr : row;
}

}  // namespace

S3Result<const S3Operation*> find_operation(const S3Call& call) {
  const Target target = target_of(call.bucket, call.key);
  const std::string_view sub_resource = sub_resource_of(call.query);
  if (const Row* row = find_row(call.request, target, sub_resource)) return &row->operation;
  const std::string_view method = call.request.method;
  if (target == Target::bucket && method == "GET" && is_bucket_document(sub_resource, false)) {
    return &get_document;
  }
  if (target == Target::bucket && method == "DELETE" && is_bucket_document(sub_resource, true)) {
    return &delete_document;
  }
  if (!sub_resource.empty()) {
    return s3_failure("NotImplemented",
                      fmt::format("{} of the sub-resource \"{}\" is not implemented",
                                  call.request.method, sub_resource));
  }
  return s3_failure("MethodNotAllowed", {{"Method", call.request.method}});
}

bool is_signed_inside(const Request& request, const std::optional<std::string>& bucket_from_host) {
  const auto target = split_target(request.path, bucket_from_host);
  const auto query = QueryParameters::parse(request.query);
  if (!target || !query) return false;
  const Row* row =
      find_row(request, target_of(target->first, target->second), sub_resource_of(*query));
  return row != nullptr && row->operation.signed_inside;
}

}  // namespace trainyard::api
