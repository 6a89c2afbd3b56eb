#include "api/s3/listing.h"

#include "api/s3/operations.h"
#include "api/wire/http_date.h"

namespace trainyard::api {

namespace {

constexpr int most_keys = 1000;

void write_contents(const S3Call& call, const KeyEncoding& encoding, const ObjectListPage& page,
                    bool with_owner, XmlWriter& xml) {
  for (const ObjectInfo& object : page.objects) {
    xml.open("Contents");
    xml.element("Key", encoding.apply(object.key));
    xml.element("LastModified", to_iso_milliseconds(object.last_modified));
    xml.element("ETag", quoted(object.etag));
    if (object.checksum) {
      xml.element("ChecksumAlgorithm", object.checksum->algorithm);
      xml.element("ChecksumType", object.checksum->type);
    }
    xml.element("Size", object.size);
    if (with_owner) {
      xml.open("Owner");
      xml.element("ID", owner_id(call.settings));
      xml.close();
    }
    xml.element("StorageClass", "STANDARD");
    xml.close();
  }
  write_common_prefixes(encoding, page.common_prefixes, xml);
}

// A token is the place to go on from, in a form that nobody is tempted to read.
std::string token_of(const std::string& start_after) {
  return "1" + to_base64(start_after);
}

S3Result<std::string> place_of(std::string_view token) {
  const auto place = token.starts_with('1') ? from_base64(token.substr(1)) : std::nullopt;
  if (!place || place->empty()) {
    return s3_failure("InvalidArgument", "The continuation token provided is incorrect");
  }
  return *place;
}

}  // namespace

S3Result<KeyEncoding> KeyEncoding::of(const S3Call& call) {
  const auto name = call.query.find("encoding-type");
  if (!name) return KeyEncoding(false);
  if (*name != "url") {
    return tl::unexpected<S3Error>(
        S3Error{"InvalidArgument",
                "Invalid Encoding Method specified in Request",
                {{"ArgumentName", "encoding-type"}, {"ArgumentValue", std::string(*name)}}});
  }
  return KeyEncoding(true);
}

std::string KeyEncoding::apply(const std::string& text) const {
  if (!url_) return text;
  std::string encoded = percent_encode(text, true);
  // As S3 does it: a space becomes "+".
  for (std::size_t at = 0; (at = encoded.find("%20", at)) != encoded.npos; ++at) {
    encoded.replace(at, 3, "+");
  }
  return encoded;
}

void write_common_prefixes(const KeyEncoding& encoding, const std::vector<std::string>& prefixes,
                           XmlWriter& xml) {
  for (const std::string& prefix : prefixes) {
    xml.open("CommonPrefixes");
    xml.element("Prefix", encoding.apply(prefix));
    xml.close();
  }
}

S3Result<Response> list_objects(S3Call& call) {
  TRY(const KeyEncoding encoding, KeyEncoding::of(call));
  TRY(const int limit, query_number(call, "max-keys", most_keys, most_keys));
  const ObjectListQuery query{call.query.get("prefix"), call.query.get("delimiter"),
                              call.query.get("marker"), static_cast<std::size_t>(limit), true};
  TRY(const ObjectListPage page, lift(call, call.store.list(call.bucket, query)));
  XmlWriter xml("ListBucketResult", s3_name_space);
  xml.element("Name", call.bucket);
  xml.element("Prefix", encoding.apply(query.prefix));
  xml.element("Marker", encoding.apply(query.start_after));
  // Without a delimiter the last key itself is where the next page begins.
  if (page.next_start_after && !query.delimiter.empty()) {
    xml.element("NextMarker", encoding.apply(*page.next_start_after));
  }
  xml.element("MaxKeys", limit);
  if (!query.delimiter.empty()) xml.element("Delimiter", encoding.apply(query.delimiter));
  if (encoding.is_url()) xml.element("EncodingType", "url");
  xml.element("IsTruncated", page.next_start_after.has_value());
  write_contents(call, encoding, page, true, xml);
  return xml_response(xml.finish());
}

S3Result<Response> list_objects_v2(S3Call& call) {
  if (call.query.get("list-type") != "2") {
    return s3_failure("InvalidArgument", {{"ArgumentName", "list-type"}});
  }
  TRY(const KeyEncoding encoding, KeyEncoding::of(call));
  TRY(const int limit, query_number(call, "max-keys", most_keys, most_keys));
  ObjectListQuery query{call.query.get("prefix"), call.query.get("delimiter"),
                        call.query.get("start-after"), static_cast<std::size_t>(limit), true};
  const auto token = call.query.find("continuation-token");
  if (token) {
    TRY(query.start_after, place_of(*token));
  }
  TRY(const ObjectListPage page, lift(call, call.store.list(call.bucket, query)));
  XmlWriter xml("ListBucketResult", s3_name_space);
  xml.element("Name", call.bucket);
  xml.element("Prefix", encoding.apply(query.prefix));
  if (call.query.has("start-after")) {
    xml.element("StartAfter", encoding.apply(call.query.get("start-after")));
  }
  if (token) xml.element("ContinuationToken", *token);
  if (page.next_start_after) {
    xml.element("NextContinuationToken", token_of(*page.next_start_after));
  }
  xml.element("KeyCount", std::uint64_t{page.objects.size() + page.common_prefixes.size()});
  xml.element("MaxKeys", limit);
  if (!query.delimiter.empty()) xml.element("Delimiter", encoding.apply(query.delimiter));
  if (encoding.is_url()) xml.element("EncodingType", "url");
  xml.element("IsTruncated", page.next_start_after.has_value());
  write_contents(call, encoding, page, call.query.get("fetch-owner") == "true", xml);
  return xml_response(xml.finish());
}

}  // namespace trainyard::api
