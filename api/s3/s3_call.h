#pragma once

// One request to S3, taken apart: what every operation starts from.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/s3/s3_error.h"
#include "api/wire/http_message.h"
#include "api/wire/uri.h"
#include "runtime/object/buckets.h"

namespace trainyard::api {

inline constexpr const char* s3_name_space = "http://s3.amazonaws.com/doc/2006-03-01/";

// A field of an upload's form; its name in lower case.
struct FormField {
  std::string name;
  std::string value;
};

// What the service is told about the account it plays.
struct S3Settings {
  std::string region = "us-east-1";
  std::string account_id = "123456789012";
  // Judges the signature that comes as fields of a form (policy, x-amz-signature, …); without it
  // none is judged.
  std::function<S3Result<void>(const std::vector<FormField>&)> verify_form{};
};

struct S3Call {
  Buckets& buckets;
  BucketStore& store;  // that has, or would have, the bucket
  Clock& clock;
  const S3Settings& settings;
  Request& request;
  std::string bucket;  // "" for the service itself
  std::string key;     // decoded once; "" for the bucket
  QueryParameters query;
  std::optional<std::string> version;  // versionId
  bool virtual_hosted = false;         // the bucket came with the host name
  std::string_view operation = "";     // what it was found to mean

  bool is_head() const { return request.method == "HEAD"; }
  std::string_view header(std::string_view name) const { return request.headers.get(name); }
};

// Bucket and key of a raw path, or of the path alone where the bucket came with the host name.
S3Result<std::pair<std::string, std::string>> split_target(
    std::string_view raw_path, const std::optional<std::string>& bucket_from_host);

S3Result<void> check_key(const std::string& key);

// A Result of the store: not_found becomes NoSuchBucket where the bucket is missing, else
// NoSuchKey.
template <typename T>
S3Result<T> lift(S3Call& call, const std::string& bucket, const std::string& key, Result<T> result);
S3Error error_of(S3Call& call, const std::string& bucket, const std::string& key,
                 const Error& error);

template <typename T>
S3Result<T> lift(S3Call& call, const std::string& bucket, const std::string& key,
                 Result<T> result) {
  if (!result) return tl::unexpected<S3Error>(error_of(call, bucket, key, result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

// For the call's own bucket and key.
template <typename T>
S3Result<T> lift(S3Call& call, Result<T> result) {
  return lift(call, call.bucket, call.key, std::move(result));
}

// A Result about an object: of a version of it where one is named, and with what is to be said
// where a delete marker is in its place.
S3Error object_error(S3Call& call, const std::string& bucket, const std::string& key,
                     const std::optional<std::string>& version, const Error& error);
template <typename T>
S3Result<T> lift_object(S3Call& call, Result<T> result) {
  if (result) return std::move(*result);
  return tl::unexpected<S3Error>(
      object_error(call, call.bucket, call.key, call.version, result.error()));
}

// The condition on writing that the headers state; NotImplemented where S3 knows no such condition,
// and its error where the condition already fails (so that no body is sent in vain).
S3Result<WriteCondition> write_condition_of(S3Call& call);
// What became of a write under a condition.
S3Result<ObjectInfo> lift_write(S3Call& call, Result<ObjectInfo> written);

S3Result<void> require_bucket(S3Call& call);

// A number of the query, e.g. max-keys: `otherwise` when absent; capped at `most`.
S3Result<int> query_number(const S3Call& call, const char* name, int otherwise, int most);

// The canonical user id of the account: every object and bucket is its own.
std::string owner_id(const S3Settings& settings);

std::string quoted(const std::string& etag);

// Where the bucket keeps versions: which one this is.
void add_version(Headers& headers, const ObjectInfo& object);

Response xml_response(std::string xml);

}  // namespace trainyard::api
