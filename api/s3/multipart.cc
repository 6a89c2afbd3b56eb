#include "api/s3/multipart.h"

#include "api/s3/checksum_headers.h"
#include "api/s3/object_headers.h"
#include "api/s3/operations.h"
#include "api/s3/request_body.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

struct UploadChecksum {
  std::string algorithm, type;
};

S3Result<UploadChecksum> checksum_of_request(const S3Call& call) {
  const std::string_view name = call.header("x-amz-checksum-algorithm");
  std::string type(call.header("x-amz-checksum-type"));
  if (name.empty()) {
    if (type.empty()) return UploadChecksum{};
    return s3_failure("InvalidRequest",
                      "The x-amz-checksum-type header can only be used with the "
                      "x-amz-checksum-algorithm header.");
  }
  const auto algorithm = parse_checksum_algorithm(name);
  if (!algorithm) {
    return s3_failure("InvalidRequest", "Checksum algorithm provided is unsupported.");
  }
  const bool only_whole = *algorithm == DigestAlgorithm::crc64nvme;
  if (type.empty()) type = only_whole ? "FULL_OBJECT" : "COMPOSITE";
  const bool possible =
      type == "FULL_OBJECT" ? is_combinable(*algorithm) : type == "COMPOSITE" && !only_whole;
  if (!possible) {
    return s3_failure("InvalidRequest",
                      fmt::format("The {} checksum type cannot be used with the {} checksum "
                                  "algorithm.",
                                  type, to_string(*algorithm)));
  }
  return UploadChecksum{std::string(to_string(*algorithm)), std::move(type)};
}

}  // namespace

S3Error no_such_upload(const std::string& id) {
  return {"NoSuchUpload", "", {{"UploadId", id}}};
}

S3Result<UploadInfo> find_upload(S3Call& call) {
  const std::string id = call.query.get("uploadId");
  auto upload = call.store.upload(call.bucket, call.key, id);
  if (upload) return std::move(*upload);
  if (upload.error().kind != ErrorKind::not_found) {
    return tl::unexpected<S3Error>(general_error(upload.error()));
  }
  TRY_VOID(require_bucket(call));
  return tl::unexpected<S3Error>(no_such_upload(id));
}

S3Result<int> part_number(const S3Call& call) {
  const auto number = query_number(call, "partNumber", 0, most_part_number + 1);
  if (number && *number >= 1 && *number <= most_part_number) return *number;
  return tl::unexpected<S3Error>(
      S3Error{"InvalidArgument",
              "Part number must be an integer between 1 and 10000, inclusive",
              {{"ArgumentName", "partNumber"}, {"ArgumentValue", call.query.get("partNumber")}}});
}

S3Result<ObjectInfo> commit_part(BodyWriter& writer, const UploadInfo& upload) {
  auto part = writer.commit();
  if (part) return std::move(*part);
  if (part.error().kind == ErrorKind::not_found) {
    return tl::unexpected<S3Error>(no_such_upload(upload.id));
  }
  return tl::unexpected<S3Error>(general_error(part.error()));
}

S3Result<Response> create_multipart_upload(S3Call& call) {
  TRY_VOID(refuse_unserved_headers(call.request.headers));
  TRY(const ObjectMetadata metadata, metadata_of_request(call.request.headers));
  TRY(const UploadChecksum checksum, checksum_of_request(call));
  TRY(const UploadInfo upload,
      lift(call, call.store.create_upload(call.bucket, call.key, metadata, checksum.algorithm,
                                          checksum.type)));
  XmlWriter xml("InitiateMultipartUploadResult", s3_name_space);
  xml.element("Bucket", call.bucket);
  xml.element("Key", call.key);
  xml.element("UploadId", upload.id);
  Response response = xml_response(xml.finish());
  if (!checksum.algorithm.empty()) {
    response.headers.add("x-amz-checksum-algorithm", checksum.algorithm);
    response.headers.add("x-amz-checksum-type", checksum.type);
  }
  echo_encryption(metadata, response.headers);
  return response;
}

S3Result<Response> upload_part(S3Call& call) {
  TRY(const int number, part_number(call));
  TRY(RequestBody body, RequestBody::open(call.request, largest_single_put));
  TRY(const UploadInfo upload, find_upload(call));
  const auto claimed = body.claimed().algorithm;
  if (claimed && !upload.checksum_algorithm.empty() &&
      upload.checksum_algorithm != to_string(*claimed)) {
    return s3_failure("InvalidRequest",
                      fmt::format("Checksum Type mismatch occurred, expected checksum Type: {}, "
                                  "actual checksum Type: {}",
                                  upload.checksum_algorithm, to_string(*claimed)));
  }
  TRY(const auto writer, lift(call.store.put_part(upload, number, body.claimed().algorithms())));
  TRY_VOID(body.receive(*writer));
  Response response;
  if (claimed) {
    response.headers.add(checksum_header(to_string(*claimed)),
                         to_base64(writer->finish().raw.at(*claimed)));
  }
  TRY(const ObjectInfo part, commit_part(*writer, upload));
  response.headers.add("ETag", quoted(part.etag));
  if (!claimed && part.checksum) {
    response.headers.add(checksum_header(part.checksum->algorithm), part.checksum->value);
  }
  echo_encryption(upload.metadata, response.headers);
  return response;
}

S3Result<Response> abort_multipart_upload(S3Call& call) {
  TRY(const UploadInfo upload, find_upload(call));
  TRY_VOID(lift(call.store.abort_upload(upload.id)));
  Response response;
  response.status = 204;
  return response;
}

}  // namespace trainyard::api
