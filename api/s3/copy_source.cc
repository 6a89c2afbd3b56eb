#include "api/s3/copy_source.h"

#include "api/s3/conditions.h"

namespace trainyard::api {

namespace {

struct SourceName {
  std::string bucket, key;
  std::optional<std::string> version;
};

S3Result<SourceName> parse_source(std::string_view header) {
  // What follows a literal "?" is the version; one that belongs to the key is percent-encoded.
  constexpr std::string_view mark = "?versionId=";
  std::optional<std::string> version;
  const std::size_t question = header.find(mark);
  if (question != header.npos) {
    version = header.substr(question + mark.size());
    header = header.substr(0, question);
  }
  const std::string path = (header.starts_with('/') ? "" : "/") + std::string(header);
  TRY(auto target, split_target(path, std::nullopt));
  if (target.first.empty() || target.second.empty()) {
    return s3_failure("InvalidArgument",
                      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  }
  return SourceName{std::move(target.first), std::move(target.second), std::move(version)};
}

}  // namespace

S3Result<CopySource> open_copy_source(S3Call& call) {
  TRY(SourceName name, parse_source(call.header("x-amz-copy-source")));
  auto object = call.buckets.store_of(name.bucket).open_object(name.bucket, name.key, name.version);
  if (!object) {
    S3Error error = object_error(call, name.bucket, name.key, name.version, object.error());
    if (error.code == "MethodNotAllowed") {
      error = {"InvalidRequest",
               "The source of a copy request may not specifically refer to a delete marker by "
               "version id.",
               {}};
    }
    return tl::unexpected<S3Error>(std::move(error));
  }
  if (check_conditions(call.request.headers, "x-amz-copy-source-", (*object)->info()) !=
      ConditionOutcome::holds) {
    return s3_failure("PreconditionFailed");
  }
  return CopySource{std::move(name.bucket), std::move(name.key), name.version.has_value(),
                    std::move(*object)};
}

}  // namespace trainyard::api
