#include <pugixml.hpp>

#include "api/s3/listing.h"
#include "api/s3/operations.h"
#include "api/s3/request_body.h"
#include "api/s3/xml_input.h"
#include "api/wire/http_date.h"

namespace trainyard::api {

namespace {

constexpr int most_versions = 1000;

S3Result<Versioning> parse_configuration(const std::string& text) {
  TRY(const auto document, parse_xml(text, "VersioningConfiguration"));
  std::optional<Versioning> versioning;
  for (const pugi::xml_node& node : document->document_element().children()) {
    const std::string_view value = node.text().get();
    if (local_name(node) == "MfaDelete" && value == "Enabled") {
      return s3_failure("NotImplemented", "MFA delete is not implemented");
    }
    if (local_name(node) != "Status") continue;
    if (value == "Enabled") versioning = Versioning::enabled;
    if (value == "Suspended") versioning = Versioning::suspended;
    if (!versioning) return s3_failure("MalformedXML");
  }
  if (!versioning) return s3_failure("IllegalVersioningConfigurationException");
  return *versioning;
}

void write_version(const S3Call& call, const KeyEncoding& encoding, const ListedVersion& version,
                   XmlWriter& xml) {
  const ObjectInfo& object = version.info;
  xml.open(object.delete_marker ? "DeleteMarker" : "Version");
  xml.element("Key", encoding.apply(object.key));
  xml.element("VersionId", object.version);
  xml.element("IsLatest", version.latest);
  xml.element("LastModified", to_iso_milliseconds(object.last_modified));
  if (!object.delete_marker) {
    xml.element("ETag", quoted(object.etag));
    if (object.checksum) {
      xml.element("ChecksumAlgorithm", object.checksum->algorithm);
      xml.element("ChecksumType", object.checksum->type);
    }
    xml.element("Size", object.size);
    xml.element("StorageClass", "STANDARD");
  }
  xml.open("Owner");
  xml.element("ID", owner_id(call.settings));
  xml.close();
  xml.close();
}

}  // namespace

S3Result<Response> get_bucket_versioning(S3Call& call) {
  TRY(const Versioning versioning, lift(call, call.store.versioning(call.bucket)));
  XmlWriter xml("VersioningConfiguration", s3_name_space);
  if (versioning != Versioning::off) {
    xml.element("Status", versioning == Versioning::enabled ? "Enabled" : "Suspended");
  }
  return xml_response(xml.finish());
}

S3Result<Response> put_bucket_versioning(S3Call& call) {
  TRY(RequestBody body, RequestBody::open(call.request, largest_xml));
  TRY(const std::string text, body.receive_text());
  TRY(const Versioning versioning, parse_configuration(text));
  TRY_VOID(lift(call, call.store.set_versioning(call.bucket, versioning)));
  return Response{};
}

S3Result<Response> list_object_versions(S3Call& call) {
  TRY(const KeyEncoding encoding, KeyEncoding::of(call));
  TRY(const int limit, query_number(call, "max-keys", most_versions, most_versions));
  const VersionListQuery query{call.query.get("prefix"), call.query.get("delimiter"),
                               call.query.get("key-marker"), call.query.get("version-id-marker"),
                               static_cast<std::size_t>(limit)};
  if (!query.version_marker.empty() && query.key_marker.empty()) {
    return s3_failure("InvalidArgument",
                      "A version-id marker cannot be specified without a key marker.");
  }
  auto listed = call.store.list_versions(call.bucket, query);
  if (!listed && listed.error().kind == ErrorKind::invalid_argument) {
    return tl::unexpected<S3Error>(
        S3Error{"InvalidArgument",
                "Invalid version id specified",
                {{"ArgumentName", "version-id-marker"}, {"ArgumentValue", query.version_marker}}});
  }
  TRY(const VersionListPage page, lift(call, std::move(listed)));
  XmlWriter xml("ListVersionsResult", s3_name_space);
  xml.element("Name", call.bucket);
  xml.element("Prefix", encoding.apply(query.prefix));
  xml.element("KeyMarker", encoding.apply(query.key_marker));
  xml.element("VersionIdMarker", query.version_marker);
  if (page.truncated) {
    xml.element("NextKeyMarker", encoding.apply(page.next_key_marker));
    xml.element("NextVersionIdMarker", page.next_version_marker);
  }
  xml.element("MaxKeys", limit);
  if (!query.delimiter.empty()) xml.element("Delimiter", encoding.apply(query.delimiter));
  if (encoding.is_url()) xml.element("EncodingType", "url");
  xml.element("IsTruncated", page.truncated);
  for (const ListedVersion& version : page.versions) write_version(call, encoding, version, xml);
  write_common_prefixes(encoding, page.common_prefixes, xml);
  return xml_response(xml.finish());
}

}  // namespace trainyard::api
