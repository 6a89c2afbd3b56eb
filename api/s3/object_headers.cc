#include "api/s3/object_headers.h"

#include <algorithm>

#include "api/s3/acl.h"
#include "api/s3/tags.h"
#include "api/wire/http_date.h"
#include "api/wire/text.h"

namespace trainyard::api {

namespace {

// Lower case, as they are kept.
constexpr std::string_view kept_headers[] = {"cache-control",
                                             "content-disposition",
                                             "content-encoding",
                                             "content-language",
                                             "content-type",
                                             "expires",
                                             "x-amz-server-side-encryption",
                                             "x-amz-server-side-encryption-aws-kms-key-id",
                                             "x-amz-storage-class",
                                             "x-amz-website-redirect-location"};

constexpr std::string_view encryption[] = {"x-amz-server-side-encryption",
                                           "x-amz-server-side-encryption-aws-kms-key-id"};

// By parameter, and the header it stands for.
constexpr std::pair<const char*, const char*> overrides[] = {
    {"response-cache-control", "cache-control"},
    {"response-content-disposition", "content-disposition"},
    {"response-content-encoding", "content-encoding"},
    {"response-content-language", "content-language"},
    {"response-content-type", "content-type"},
    {"response-expires", "expires"}};

constexpr std::string_view user_prefix = "x-amz-meta-";
constexpr std::size_t most_user_metadata = 2048;

// "aws-chunked" says how the body travels, not what the object is.
std::string without_chunking(std::string_view encodings) {
  std::string rest;
  for_each_item(encodings, [&](std::string_view item) {
    if (item != "aws-chunked") rest.append(rest.empty() ? "" : ",").append(item);
  });
  return rest;
}

bool is_header_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

}  // namespace

S3Result<ObjectMetadata> metadata_of_request(const Headers& headers) {
  ObjectMetadata metadata;
  std::size_t user_bytes = 0;
  for (const auto& [name, value] : headers.fields()) {
    const std::string lowered = to_lower(name);
    if (lowered.starts_with(user_prefix)) {
      const std::string user_name = lowered.substr(user_prefix.size());
      user_bytes += user_name.size() + value.size();
      auto& field = metadata.user[user_name];
      field = field.empty() ? value : field + "," + value;
    } else if (std::find(std::begin(kept_headers), std::end(kept_headers), lowered) !=
               std::end(kept_headers)) {
      const std::string text = lowered == "content-encoding" ? without_chunking(value) : value;
      if (!text.empty()) metadata.headers[lowered] = text;
    }
  }
  if (user_bytes > most_user_metadata) {
    return s3_failure("MetadataTooLarge", {{"Size", std::to_string(user_bytes)},
                                           {"MaxSizeAllowed", std::to_string(most_user_metadata)}});
  }
  if (metadata.headers["x-amz-storage-class"] == "STANDARD" ||
      metadata.headers["x-amz-storage-class"].empty()) {
    metadata.headers.erase("x-amz-storage-class");
  }
  metadata.headers.try_emplace("content-type", "binary/octet-stream");
  TRY(metadata.tags, tags_of_header(headers.get("x-amz-tagging")));
  return metadata;
}

S3Result<void> refuse_unserved_headers(const Headers& headers) {
  for (const char* name : {"x-amz-server-side-encryption-customer-algorithm",
                           "x-amz-copy-source-server-side-encryption-customer-algorithm",
                           "x-amz-write-offset-bytes", "x-amz-object-lock-mode",
                           "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold"}) {
    if (headers.find(name)) return s3_failure("NotImplemented", {{"Header", name}});
  }
  return check_canned_acl(headers);
}

S3Result<void> add_object_headers(const S3Call& call, const ObjectInfo& object, Headers& headers) {
  headers.add("ETag", quoted(object.etag));
  headers.add("Last-Modified", to_http_date(object.last_modified));
  headers.add("Accept-Ranges", "bytes");
  add_version(headers, object);
  if (!object.metadata.tags.empty()) {
    headers.add("x-amz-tagging-count", std::to_string(object.metadata.tags.size()));
  }
  for (const auto& [name, value] : object.metadata.headers) headers.add(name, value);
  for (const auto& [name, value] : object.metadata.user) {
    headers.add(std::string(user_prefix) + name, value);
  }
  for (const auto& [parameter, name] : overrides) {
    const auto value = call.query.find(parameter);
    if (!value) continue;
    if (!is_header_value(*value)) {
      return s3_failure("InvalidArgument", {{"ArgumentName", parameter}});
    }
    headers.set(name, std::string(*value));
  }
  return {};
}

void echo_encryption(const ObjectMetadata& metadata, Headers& headers) {
  for (const std::string_view name : encryption) {
    const auto field = metadata.headers.find(std::string(name));
    if (field != metadata.headers.end()) headers.add(field->first, field->second);
  }
}

}  // namespace trainyard::api
