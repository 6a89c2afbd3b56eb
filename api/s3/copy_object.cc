#include "api/s3/checksum_headers.h"
#include "api/s3/conditions.h"
#include "api/s3/copy_source.h"
#include "api/s3/multipart.h"
#include "api/s3/object_headers.h"
#include "api/s3/operations.h"
#include "api/wire/http_date.h"
#include "api/wire/text.h"
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

S3Result<bool> is_replaced(const S3Call& call, const char* header, const char* unknown) {
  const std::string_view directive = call.header(header);
  if (directive == "REPLACE") return true;
  if (directive.empty() || directive == "COPY") return false;
  return s3_failure("InvalidArgument", unknown);
}

// How a copy is stored is for its maker to say, whatever else it takes from the source.
constexpr const char* never_copied[] = {"x-amz-server-side-encryption",
                                        "x-amz-server-side-encryption-aws-kms-key-id",
                                        "x-amz-storage-class", "x-amz-website-redirect-location"};

struct CopiedMetadata {
  ObjectMetadata metadata;
  bool changed = false;  // where the copy may replace its own source
};

S3Result<CopiedMetadata> copied_metadata(const S3Call& call, const ObjectMetadata& source) {
  TRY(const bool new_metadata,
      is_replaced(call, "x-amz-metadata-directive", "Unknown metadata directive."));
  TRY(const bool new_tags,
      is_replaced(call, "x-amz-tagging-directive", "Unknown tagging directive."));
  TRY(const ObjectMetadata given, metadata_of_request(call.request.headers));
  CopiedMetadata copied{new_metadata ? given : source, new_metadata || new_tags};
  copied.metadata.tags = new_tags ? given.tags : source.tags;
  for (const char* name : never_copied) {
    copied.metadata.headers.erase(name);
    const auto field = given.headers.find(name);
    if (field != given.headers.end()) copied.metadata.headers.insert(*field);
    copied.changed = copied.changed || call.request.headers.find(name).has_value();
  }
  return copied;
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

void add_source_version(Headers& headers, const CopySource& source) {
  const std::string& version = source.object->info().version;
  if (!version.empty()) headers.add("x-amz-copy-source-version-id", version);
}

S3Result<void> copy_range(BucketReader& source, ByteRange range, BodyWriter& writer) {
  FileRangeSource bytes(source.fd(), range.first, range.length);
  TRY_VOID(lift(copy_all(bytes, writer)));
  return {};
}

// "bytes=first-last", both given, inside the source: nothing is shortened here, unlike in reads.
S3Result<ByteRange> copied_range(std::string_view text, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  const std::size_t dash = text.find('-');
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;
  if (text.starts_with(unit) && dash != text.npos) {
    first = parse_number<std::uint64_t>(text.substr(unit.size(), dash - unit.size()));
    last = parse_number<std::uint64_t>(text.substr(dash + 1));
  }
  if (!first || !last || *first > *last) {
    return s3_failure("InvalidArgument",
                      "The x-amz-copy-source-range value must be of the form bytes=first-last "
                      "where first and last are the zero-based offsets of the first and last "
                      "bytes to copy");
  }
  if (*last >= size)
    return s3_failure("InvalidRange", {{"ActualObjectSize", std::to_string(size)}});
  return ByteRange{*first, *last - *first + 1};
}

}  // namespace

S3Result<Response> copy_object(S3Call& call) {
  TRY_VOID(refuse_unserved_headers(call.request.headers));
  TRY(const CopySource source, open_copy_source(call));
  CopyOptions options;
  TRY(CopiedMetadata copied, copied_metadata(call, source.object->info().metadata));
  TRY(options.checksum, wanted_checksum(call));
  TRY(options.condition, write_condition_of(call));
  const bool onto_itself =
      source.bucket == call.bucket && source.key == call.key && !source.named_version;
  if (onto_itself && !copied.changed) {
    return s3_failure("InvalidRequest",
                      "This copy request is illegal because it is trying to copy an object to "
                      "itself without changing the object's metadata, storage class, website "
                      "redirect location or encryption attributes.");
  }
  options.metadata = std::move(copied.metadata);
  TRY(const ObjectInfo object,
      lift_write(call, call.store.copy(*source.object, call.bucket, call.key, options)));
  Response response = xml_response(copy_result("CopyObjectResult", object));
  add_version(response.headers, object);
  add_source_version(response.headers, source);
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
    TRY(range, copied_range(*header, size));
  }
  TRY(const auto writer, lift(call.store.put_part(upload, number, {})));
  TRY_VOID(copy_range(*source.object, range, *writer));
  TRY(const ObjectInfo part, commit_part(*writer, upload));
  Response response = xml_response(copy_result("CopyPartResult", part));
  add_source_version(response.headers, source);
  return response;
}

}  // namespace trainyard::api
