#include "api/s3/checksum_headers.h"
#include "api/s3/listing.h"
#include "api/s3/multipart.h"
#include "api/s3/operations.h"
#include "api/wire/http_date.h"

namespace trainyard::api {

namespace {

constexpr int most_listed = 1000;

void write_owners(const S3Call& call, XmlWriter& xml) {
  for (const char* role : {"Initiator", "Owner"}) {
    xml.open(role);
    xml.element("ID", owner_id(call.settings));
    xml.close();
  }
  xml.element("StorageClass", "STANDARD");
}

void write_checksum_kind(const UploadInfo& upload, XmlWriter& xml) {
  if (upload.checksum_algorithm.empty()) return;
  xml.element("ChecksumAlgorithm", upload.checksum_algorithm);
  xml.element("ChecksumType", upload.checksum_type);
}

}  // namespace

S3Result<Response> list_parts(S3Call& call) {
  TRY(const UploadInfo upload, find_upload(call));
  TRY(const int limit, query_number(call, "max-parts", most_listed, most_listed));
  TRY(const int after, query_number(call, "part-number-marker", 0, most_part_number));
  TRY(auto parts, lift(call.store.parts(upload.id, after, static_cast<std::size_t>(limit) + 1)));
  const bool more = parts.size() > static_cast<std::size_t>(limit);
  if (more) parts.pop_back();
  XmlWriter xml("ListPartsResult", s3_name_space);
  xml.element("Bucket", call.bucket);
  xml.element("Key", call.key);
  xml.element("UploadId", upload.id);
  xml.element("PartNumberMarker", after);
  xml.element("NextPartNumberMarker", parts.empty() ? 0 : parts.back().number);
  xml.element("MaxParts", limit);
  xml.element("IsTruncated", more);
  for (const PartInfo& part : parts) {
    xml.open("Part");
    xml.element("PartNumber", part.number);
    xml.element("LastModified", to_iso_milliseconds(part.last_modified));
    xml.element("ETag", quoted(part.etag));
    xml.element("Size", part.size);
    if (!part.checksum.empty()) {
      xml.element(checksum_element(upload.checksum_algorithm).c_str(), part.checksum);
    }
    xml.close();
  }
  write_owners(call, xml);
  write_checksum_kind(upload, xml);
  return xml_response(xml.finish());
}

S3Result<Response> list_multipart_uploads(S3Call& call) {
  TRY(const KeyEncoding encoding, KeyEncoding::of(call));
  TRY(const int limit, query_number(call, "max-uploads", most_listed, most_listed));
  const UploadListQuery query{call.query.get("prefix"), call.query.get("delimiter"),
                              call.query.get("key-marker"), call.query.get("upload-id-marker"),
                              static_cast<std::size_t>(limit)};
  TRY(const UploadListPage page, lift(call, call.store.uploads(call.bucket, query)));
  XmlWriter xml("ListMultipartUploadsResult", s3_name_space);
  xml.element("Bucket", call.bucket);
  xml.element("KeyMarker", encoding.apply(query.key_marker));
  xml.element("UploadIdMarker", query.id_marker);
  if (page.truncated) {
    xml.element("NextKeyMarker", encoding.apply(page.next_key_marker));
    xml.element("NextUploadIdMarker", page.next_id_marker);
  }
  xml.element("Prefix", encoding.apply(query.prefix));
  if (!query.delimiter.empty()) xml.element("Delimiter", encoding.apply(query.delimiter));
  if (encoding.is_url()) xml.element("EncodingType", "url");
  xml.element("MaxUploads", limit);
  xml.element("IsTruncated", page.truncated);
  for (const UploadInfo& upload : page.uploads) {
    xml.open("Upload");
    xml.element("Key", encoding.apply(upload.key));
    xml.element("UploadId", upload.id);
    write_owners(call, xml);
    xml.element("Initiated", to_iso_milliseconds(upload.initiated));
    write_checksum_kind(upload, xml);
    xml.close();
  }
  write_common_prefixes(encoding, page.common_prefixes, xml);
  return xml_response(xml.finish());
}

}  // namespace trainyard::api
