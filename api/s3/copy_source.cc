#include "api/s3/copy_source.h"

#include "api/s3/conditions.h"

namespace trainyard::api {

namespace {

struct SourceName {
  std::string bucket, key;
};

S3Result<SourceName> parse_source(std::string_view header) {
  // What follows a literal "?" is the version; one that belongs to the key is percent-encoded.
  const std::size_t question = header.find("?versionId=");
  if (question != header.npos) {
    const std::string_view version =
        header.substr(question + std::string_view("?versionId=").size());
    if (version != "null") {
      return s3_failure("NoSuchVersion", {{"VersionId", std::string(version)}});
    }
    header = header.substr(0, question);
  }
  const std::string path = (header.starts_with('/') ? "" : "/") + std::string(header);
  TRY(auto target, split_target(path, std::nullopt));
  if (target.first.empty() || target.second.empty()) {
    return s3_failure("InvalidArgument",
                      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  }
  return SourceName{std::move(target.first), std::move(target.second)};
}

}  // namespace

S3Result<CopySource> open_copy_source(S3Call& call) {
  TRY(SourceName name, parse_source(call.header("x-amz-copy-source")));
  TRY(auto object,
      lift(call, name.bucket, name.key, call.store.open_object(name.bucket, name.key)));
  if (check_conditions(call.request.headers, "x-amz-copy-source-", object->info()) !=
      ConditionOutcome::holds) {
    return s3_failure("PreconditionFailed");
  }
  return CopySource{std::move(name.bucket), std::move(name.key), std::move(object)};
}

}  // namespace trainyard::api
