#include <algorithm>
#include <iterator>
#include <set>

#include "api/s3/checksum_headers.h"
#include "api/s3/operations.h"
#include "api/wire/http_date.h"
#include "api/wire/text.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

constexpr int most_parts = 1000;
constexpr std::string_view known[] = {"ETag", "Checksum", "ObjectParts", "StorageClass",
                                      "ObjectSize"};

// Several headers, or one with commas.
S3Result<std::set<std::string, std::less<>>> wanted_attributes(const S3Call& call) {
  std::set<std::string, std::less<>> wanted;
  bool all_known = true;
  for (const std::string_view list : call.request.headers.all("x-amz-object-attributes")) {
    for_each_item(list, [&](std::string_view name) {
      all_known =
          all_known && std::find(std::begin(known), std::end(known), name) != std::end(known);
      wanted.emplace(name);
    });
  }
  if (wanted.empty() || !all_known) {
    return s3_failure("InvalidArgument", "Invalid attribute name specified.");
  }
  return wanted;
}

S3Result<void> write_parts(const S3Call& call, const std::vector<std::uint64_t>& sizes,
                           bool with_list, XmlWriter& xml) {
  const auto number = [&](const char* name, int otherwise, int most) -> S3Result<int> {
    const std::string_view text = call.header(name);
    if (text.empty()) return otherwise;
    const auto value = parse_number<int>(text);
    if (!value || *value < 0) return s3_failure("InvalidArgument", {{"ArgumentName", name}});
    return std::min(*value, most);
  };
  TRY(const int limit, number("x-amz-max-parts", most_parts, most_parts));
  TRY(const int after, number("x-amz-part-number-marker", 0, 10'000));
  const int count = static_cast<int>(sizes.size());
  const int last = std::min(count, after + limit);
  xml.open("ObjectParts");
  xml.element("PartsCount", count);
  if (with_list) {
    xml.element("PartNumberMarker", after);
    xml.element("NextPartNumberMarker", std::max(last, 0));
    xml.element("MaxParts", limit);
    xml.element("IsTruncated", last < count);
    for (int part = after + 1; part <= last; ++part) {
      xml.open("Part");
      xml.element("PartNumber", part);
      xml.element("Size", sizes[static_cast<std::size_t>(part - 1)]);
      xml.close();
    }
  }
  xml.close();
  return {};
}

}  // namespace

S3Result<Response> get_object_attributes(S3Call& call) {
  TRY(const auto wanted, wanted_attributes(call));
  TRY(const auto reader,
      lift_object(call, call.store.open_object(call.bucket, call.key, call.version)));
  const ObjectInfo& object = reader->info();
  XmlWriter xml("GetObjectAttributesResponse", s3_name_space);
  // Without the quotes that it has everywhere else.
  if (wanted.contains("ETag")) xml.element("ETag", object.etag);
  if (wanted.contains("Checksum") && object.checksum) {
    xml.open("Checksum");
    xml.element(checksum_element(object.checksum->algorithm).c_str(), object.checksum->value);
    xml.element("ChecksumType", object.checksum->type);
    xml.close();
  }
  if (wanted.contains("ObjectParts") && !reader->part_sizes().empty()) {
    TRY_VOID(write_parts(call, reader->part_sizes(), object.checksum.has_value(), xml));
  }
  if (wanted.contains("StorageClass")) {
    const auto kept = object.metadata.headers.find("x-amz-storage-class");
    xml.element("StorageClass", kept == object.metadata.headers.end()
                                    ? std::string_view("STANDARD")
                                    : std::string_view(kept->second));
  }
  if (wanted.contains("ObjectSize")) xml.element("ObjectSize", object.size);
  Response response = xml_response(xml.finish());
  response.headers.add("Last-Modified", to_http_date(object.last_modified));
  add_version(response.headers, object);
  return response;
}

}  // namespace trainyard::api
