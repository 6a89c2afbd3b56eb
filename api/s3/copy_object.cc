#include "api/s3/checksum_headers.h"
#include "api/s3/conditions.h"
#include "api/s3/copy_source.h"
#include "api/s3/multipart.h"
#include "api/s3/object_headers.h"
#include "api/s3/operations.h"
#include "api/wire/http_date.h"
#include "api/wire/xml_writer.h"
#include "runtime/object/object_files.h"

namespace trainyard::api {

namespace {

std::string copy_result(const char* root, const ObjectInfo& object) {
  XmlWriter xml(root, s3_name_space);
  xml.element("LastModified", to_iso_milliseconds(object.last_modified));
  xml.element("ETag", quoted(object.etag));
  if (object.checksum) {
    xml.element(checksum_element(object.checksum->algorithm).c_str(), object.checksum->value);
    xml.element("ChecksumType", object.checksum->type);
  }
  return xml.finish();
}

// Nothing, where the copy takes the source's metadata.
S3Result<std::optional<ObjectMetadata>> new_metadata(const S3Call& call) {
  const std::string_view directive = call.header("x-amz-metadata-directive");
  if (directive.empty() || directive == "COPY") return std::nullopt;
  if (directive != "REPLACE") {
    return s3_failure("InvalidArgument", "Unknown metadata directive.");
  }
  TRY(ObjectMetadata metadata, metadata_of_request(call.request.headers));
  return metadata;
}

S3Result<std::optional<DigestAlgorithm>> wanted_checksum(const S3Call& call) {
  const std::string_view name = call.header("x-amz-checksum-algorithm");
  if (name.empty()) return std::nullopt;
  const auto algorithm = parse_checksum_algorithm(name);
  if (!algorithm) {
    return s3_failure("InvalidRequest", "Checksum algorithm provided is unsupported.");
  }
  return algorithm;
}

S3Result<void> copy_range(EmbeddedReader& source, ByteRange range, EmbeddedWriter& writer) {
  FileRangeSource bytes(source.fd(), range.first, range.length);
  TRY_VOID(lift(copy_all(bytes, writer)));
  return {};
}

}  // namespace

S3Result<Response> copy_object(S3Call& call) {
  TRY_VOID(refuse_unserved_headers(call.request.headers));
  for (const char* name : {"if-match", "if-none-match"}) {
    if (call.request.headers.find(name)) return s3_failure("NotImplemented", {{"Header", name}});
  }
  TRY(const CopySource source, open_copy_source(call));
  CopyOptions options;
  TRY(options.metadata, new_metadata(call));
  TRY(options.checksum, wanted_checksum(call));
  const bool onto_itself = source.bucket == call.bucket && source.key == call.key;
  if (onto_itself && !options.metadata && !call.request.headers.find("x-amz-storage-class") &&
      !call.request.headers.find("x-amz-server-side-encryption")) {
    return s3_failure("InvalidRequest",
                      "This copy request is illegal because it is trying to copy an object to "
                      "itself without changing the object's metadata, storage class, website "
                      "redirect location or encryption attributes.");
  }
  TRY(const ObjectInfo object,
      lift(call, call.store.copy(*source.object, call.bucket, call.key, options)));
  Response response = xml_response(copy_result("CopyObjectResult", object));
  echo_encryption(object.metadata, response.headers);
  return response;
}

S3Result<Response> upload_part_copy(S3Call& call) {
  TRY(const CopySource source, open_copy_source(call));
  TRY(const UploadInfo upload, find_upload(call));
  TRY(const int number, part_number(call));
  const std::uint64_t size = source.object->info().size;
  ByteRange range{0, size};
  if (const auto header = call.request.headers.find("x-amz-copy-source-range")) {
    const RangeOutcome outcome = parse_range(*header, size);
    if (!outcome.satisfiable) {
      return s3_failure("InvalidRange", {{"ActualObjectSize", std::to_string(size)}});
    }
    if (!outcome.range) {
      return s3_failure("InvalidArgument",
                        "The x-amz-copy-source-range value must be of the form bytes=first-last "
                        "where first and last are the zero-based offsets of the first and last "
                        "bytes to copy");
    }
    range = *outcome.range;
  }
  TRY(const auto writer, lift(call.store.put_part(upload, number, std::nullopt)));
  TRY_VOID(copy_range(*source.object, range, *writer));
  TRY(const ObjectInfo part, commit_part(*writer, upload));
  return xml_response(copy_result("CopyPartResult", part));
}

}  // namespace trainyard::api
