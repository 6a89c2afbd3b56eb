#include "api/s3/checksum_headers.h"
#include "api/s3/multipart.h"
#include "api/s3/object_headers.h"
#include "api/s3/operations.h"
#include "api/s3/request_body.h"
#include "api/s3/xml_input.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

S3Result<void> check_part(const UploadInfo& upload, const NamedPart& named, const PartInfo& part) {
  if (named.etag != part.etag) {
    return s3_failure("InvalidPart", {{"UploadId", upload.id},
                                      {"PartNumber", std::to_string(named.number)},
                                      {"ETag", named.etag}});
  }
  for (const auto& [algorithm, value] : named.checksums) {
    if (algorithm == upload.checksum_algorithm && value != part.checksum) {
      return s3_failure("InvalidPart", {{"UploadId", upload.id},
                                        {"PartNumber", std::to_string(named.number)},
                                        {"ETag", named.etag}});
    }
  }
  return {};
}

// The stored parts that the list names, in its order.
S3Result<std::vector<PartInfo>> select_parts(const UploadInfo& upload,
                                             const std::vector<NamedPart>& list,
                                             const std::vector<PartInfo>& stored) {
  std::vector<PartInfo> selected;
  auto candidate = stored.begin();
  for (const NamedPart& named : list) {
    if (!selected.empty() && named.number <= selected.back().number) {
      return s3_failure("InvalidPartOrder", {{"UploadId", upload.id}});
    }
    while (candidate != stored.end() && candidate->number < named.number) ++candidate;
    if (candidate == stored.end() || candidate->number != named.number) {
      // Out of order is out of order, also where a later part is unknown.
      for (std::size_t at = 1; at < list.size(); ++at) {
        if (list[at].number <= list[at - 1].number) {
          return s3_failure("InvalidPartOrder", {{"UploadId", upload.id}});
        }
      }
      return s3_failure("InvalidPart", {{"UploadId", upload.id},
                                        {"PartNumber", std::to_string(named.number)},
                                        {"ETag", named.etag}});
    }
    TRY_VOID(check_part(upload, named, *candidate));
    selected.push_back(*candidate);
  }
  return selected;
}

S3Result<void> check_sizes(const std::vector<PartInfo>& parts) {
  for (std::size_t at = 0; at + 1 < parts.size(); ++at) {
    if (parts[at].size >= smallest_part) continue;
    return s3_failure("EntityTooSmall", {{"ETag", parts[at].etag},
                                         {"MinSizeAllowed", std::to_string(smallest_part)},
                                         {"PartNumber", std::to_string(parts[at].number)},
                                         {"ProposedSize", std::to_string(parts[at].size)}});
  }
  return {};
}

// What the caller says about the object as a whole.
S3Result<void> check_whole(const S3Call& call, const UploadInfo& upload,
                           const std::vector<PartInfo>& parts) {
  if (const auto size = call.request.headers.find("x-amz-mp-object-size")) {
    std::uint64_t total = 0;
    for (const PartInfo& part : parts) total += part.size;
    if (*size != std::to_string(total)) {
      return s3_failure("InvalidRequest",
                        "The provided 'x-amz-mp-object-size' header does not match the sum of the "
                        "sizes of the parts.");
    }
  }
  if (upload.checksum_algorithm.empty()) return {};
  const auto claimed = call.request.headers.find(checksum_header(upload.checksum_algorithm));
  if (!claimed) return {};
  const auto computed = checksum_of_parts(upload, parts);
  // A composite may be claimed with or without its number of parts.
  if (computed && computed->value != *claimed &&
      !computed->value.starts_with(std::string(*claimed) + "-")) {
    return s3_failure("BadDigest",
                      fmt::format("The {} you specified did not match the calculated checksum.",
                                  upload.checksum_algorithm));
  }
  return {};
}

S3Result<std::string> receive_list(S3Call& call) {
  // The checksum headers of this operation are about the object, not about its body.
  Request body_only;
  body_only.body = call.request.body;
  body_only.content_length = call.request.content_length;
  for (const char* name : {"content-md5", "x-amz-content-sha256", "x-amz-decoded-content-length",
                           "content-encoding"}) {
    if (const auto value = call.request.headers.find(name)) {
      body_only.headers.add(name, std::string(*value));
    }
  }
  TRY(RequestBody body, RequestBody::open(body_only, largest_xml));
  return body.receive_text();
}

std::string complete_result(const S3Call& call, const ObjectInfo& object) {
  XmlWriter xml("CompleteMultipartUploadResult", s3_name_space);
  const std::string bucket = call.virtual_hosted ? "" : "/" + call.bucket;
  xml.element("Location", fmt::format("http://{}{}/{}", call.header("host"), bucket,
                                      percent_encode(call.key, true)));
  xml.element("Bucket", call.bucket);
  xml.element("Key", call.key);
  xml.element("ETag", quoted(object.etag));
  if (object.checksum) {
    xml.element(checksum_element(object.checksum->algorithm).c_str(), object.checksum->value);
    xml.element("ChecksumType", object.checksum->type);
  }
  return xml.finish();
}

S3Result<ObjectInfo> complete(S3Call& call, const std::vector<NamedPart>& list) {
  TRY(const UploadInfo upload, find_upload(call));
  TRY(const auto stored, lift(call.store.parts(upload.id, 0, most_part_number)));
  TRY(const auto parts, select_parts(upload, list, stored));
  TRY_VOID(check_sizes(parts));
  TRY_VOID(check_whole(call, upload, parts));
  TRY(const WriteCondition condition, write_condition_of(call));
  auto object = call.store.complete_upload(call.bucket, upload, parts, condition);
  if (object) return std::move(*object);
  const Error& error = object.error();
  if (error.kind == ErrorKind::already_exists) return s3_failure("PreconditionFailed");
  if (error.kind == ErrorKind::not_found) return tl::unexpected<S3Error>(no_such_upload(upload.id));
  if (error.kind == ErrorKind::conflict) return s3_failure("InvalidPart");
  return tl::unexpected<S3Error>(general_error(error));
}

// A client that did not live to see the answer asks again, with the same parts.
S3Result<std::optional<ObjectInfo>> completed_before(S3Call& call,
                                                     const std::vector<NamedPart>& list) {
  TRY(auto object,
      lift(call, call.store.completed_upload(call.bucket, call.key, call.query.get("uploadId"))));
  std::vector<PartInfo> parts(list.size());
  for (std::size_t at = 0; at < list.size(); ++at) parts[at].etag = list[at].etag;
  if (object && object->etag != etag_of_parts(parts)) object.reset();
  return object;
}

}  // namespace

S3Result<Response> complete_multipart_upload(S3Call& call) {
  TRY_VOID(refuse_unserved_headers(call.request.headers));
  TRY(const std::string text, receive_list(call));
  TRY(const std::vector<NamedPart> list, parse_part_list(text));
  auto object = complete(call, list);
  if (!object && object.error().code == "NoSuchUpload") {
    TRY(auto before, completed_before(call, list));
    if (before) object = std::move(*before);
  }
  if (!object) return tl::unexpected<S3Error>(std::move(object.error()));
  Response response = xml_response(complete_result(call, *object));
  add_version(response.headers, *object);
  echo_encryption(object->metadata, response.headers);
  return response;
}

}  // namespace trainyard::api
