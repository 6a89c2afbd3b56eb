#include "api/s3/s3_call.h"

#include <algorithm>

#include "api/s3/bucket_name.h"
#include "api/s3/conditions.h"
#include "api/wire/http_date.h"
#include "api/wire/text.h"
#include "api/wire/utf8.h"

namespace trainyard::api {

namespace {

constexpr std::size_t longest_key = 1024;

}  // namespace

S3Result<std::pair<std::string, std::string>> split_target(
    std::string_view raw_path, const std::optional<std::string>& bucket_from_host) {
  if (!raw_path.starts_with('/')) return s3_failure("InvalidURI");
  raw_path.remove_prefix(1);
  std::optional<std::string> bucket = bucket_from_host;
  if (!bucket) {
    const std::size_t slash = raw_path.find('/');
    bucket = percent_decode(raw_path.substr(0, slash));
    raw_path = slash == raw_path.npos ? std::string_view() : raw_path.substr(slash + 1);
  }
  std::optional<std::string> key = percent_decode(raw_path);
  if (!bucket || !key) return s3_failure("InvalidURI");
  if (bucket->empty() && !key->empty()) return s3_failure("InvalidBucketName");
  if (!bucket->empty() && !is_bucket_name(*bucket)) {
    return s3_failure("InvalidBucketName", {{"BucketName", *bucket}});
  }
  TRY_VOID(check_key(*key));
  return std::pair(std::move(*bucket), std::move(*key));
}

S3Result<void> check_key(const std::string& key) {
  if (key.size() > longest_key) {
    return s3_failure("KeyTooLongError", {{"Size", std::to_string(key.size())},
                                          {"MaxSizeAllowed", std::to_string(longest_key)}});
  }
  if (!is_utf8(key)) return s3_failure("InvalidURI");
  return {};
}

S3Error error_of(S3Call& call, const std::string& bucket, const std::string& key,
                 const Error& error) {
  if (error.kind != ErrorKind::not_found) return general_error(error);
  const auto exists = call.buckets.has_bucket(bucket);
  if (exists && !*exists) return {"NoSuchBucket", "", {{"BucketName", bucket}}};
  return {"NoSuchKey", "", {{"Key", key}}};
}

S3Error object_error(S3Call& call, const std::string& bucket, const std::string& key,
                     const std::optional<std::string>& version, const Error& error) {
  const bool marked = error.kind == ErrorKind::conflict;
  if (error.kind != ErrorKind::not_found && !marked) return general_error(error);
  S3Error result = error_of(call, bucket, key, {ErrorKind::not_found, error.message});
  if (result.code == "NoSuchBucket") return result;
  const auto marker = call.buckets.store_of(bucket).delete_marker(bucket, key, version);
  if (marker && *marker) {
    result.headers.emplace_back("x-amz-delete-marker", "true");
    result.headers.emplace_back("x-amz-version-id", (*marker)->version);
  }
  if (!version) return result;
  if (marked && marker && *marker) {
    result.code = "MethodNotAllowed";
    result.details = {{"Method", call.request.method}, {"ResourceType", "DeleteMarker"}};
    result.headers.emplace_back("Allow", "DELETE");
    result.headers.emplace_back("Last-Modified", to_http_date((*marker)->last_modified));
  } else {
    result.code = "NoSuchVersion";
    result.details.emplace_back("VersionId", *version);
  }
  return result;
}

S3Result<WriteCondition> write_condition_of(S3Call& call) {
  const auto condition = write_condition(call.request.headers);
  if (!condition) return s3_failure("NotImplemented");
  if (!condition->absent && !condition->etag) return *condition;
  const auto current = call.store.head(call.bucket, call.key);
  if (!current && (condition->etag || current.error().kind != ErrorKind::not_found)) {
    return tl::unexpected<S3Error>(error_of(call, call.bucket, call.key, current.error()));
  }
  if (current && (condition->absent || current->etag != condition->etag)) {
    return s3_failure("PreconditionFailed",
                      {{"Condition", condition->absent ? "If-None-Match" : "If-Match"}});
  }
  return *condition;
}

S3Result<ObjectInfo> lift_write(S3Call& call, Result<ObjectInfo> written) {
  if (!written && written.error().kind == ErrorKind::already_exists) {
    return s3_failure("PreconditionFailed");
  }
  return lift(call, std::move(written));
}

S3Result<void> require_bucket(S3Call& call) {
  TRY(const bool exists, lift(call.store.has_bucket(call.bucket)));
  if (!exists) return s3_failure("NoSuchBucket", {{"BucketName", call.bucket}});
  return {};
}

S3Result<int> query_number(const S3Call& call, const char* name, int otherwise, int most) {
  const auto text = call.query.find(name);
  if (!text || text->empty()) return otherwise;
  const auto number = parse_number<int>(*text);
  if (!number || *number < 0) {
    return tl::unexpected<S3Error>(
        S3Error{"InvalidArgument",
                fmt::format("Provided {} not an integer or within integer range", name),
                {{"ArgumentName", name}, {"ArgumentValue", std::string(*text)}}});
  }
  return std::min(*number, most);
}

std::string owner_id(const S3Settings& settings) {
  return to_hex(digest_of(DigestAlgorithm::sha256, settings.account_id));
}

void add_version(Headers& headers, const ObjectInfo& object) {
  if (!object.version.empty()) headers.add("x-amz-version-id", object.version);
}

std::string quoted(const std::string& etag) {
  return "\"" + etag + "\"";
}

Response xml_response(std::string xml) {
  Response response;
  response.headers.add("Content-Type", "application/xml");
  response.body = std::move(xml);
  return response;
}

}  // namespace trainyard::api
