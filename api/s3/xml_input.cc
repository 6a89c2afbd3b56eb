#include "api/s3/xml_input.h"

#include <pugixml.hpp>

#include "api/wire/text.h"

namespace trainyard::api {

namespace {

constexpr std::size_t most_parts = 10'000;
constexpr std::size_t most_deletes = 1'000;

S3Result<NamedPart> parse_part(const pugi::xml_node& node) {
  NamedPart part;
  for (const pugi::xml_node& child : node.children()) {
    const std::string_view name = local_name(child);
    const std::string_view text = child.text().get();
    if (name == "PartNumber") {
      part.number = parse_number<int>(text).value_or(0);
    } else if (name == "ETag") {
      part.etag = unquoted(text);
    } else if (name.starts_with("Checksum")) {
      part.checksums.emplace(name.substr(8), text);
    }
  }
  if (part.number < 1 || part.etag.empty()) return s3_failure("MalformedXML");
  return part;
}

}  // namespace

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

S3Result<std::shared_ptr<pugi::xml_document>> parse_xml(const std::string& text,
                                                        std::string_view root) {
  auto document = std::make_shared<pugi::xml_document>();
  // Spaces are part of a key, also where a key is nothing else.
  constexpr unsigned options = pugi::parse_default | pugi::parse_ws_pcdata_single;
  const auto parsed = document->load_buffer(text.data(), text.size(), options, pugi::encoding_utf8);
  if (!parsed || local_name(document->document_element()) != root) {
    return s3_failure("MalformedXML");
  }
  return document;
}

S3Result<std::vector<NamedPart>> parse_part_list(const std::string& text) {
  TRY(const auto document, parse_xml(text, "CompleteMultipartUpload"));
  std::vector<NamedPart> parts;
  for (const pugi::xml_node& node : document->document_element().children()) {
    if (local_name(node) != "Part") continue;
    if (parts.size() == most_parts) return s3_failure("MalformedXML");
    TRY(NamedPart part, parse_part(node));
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return s3_failure("MalformedXML");
  return parts;
}

S3Result<DeleteList> parse_delete_list(const std::string& text) {
  TRY(const auto document, parse_xml(text, "Delete"));
  DeleteList list;
  for (const pugi::xml_node& node : document->document_element().children()) {
    if (local_name(node) == "Quiet") list.quiet = std::string_view(node.text().get()) == "true";
    if (local_name(node) != "Object") continue;
    if (list.objects.size() == most_deletes) return s3_failure("MalformedXML");
    NamedObject object;
    for (const pugi::xml_node& child : node.children()) {
      if (local_name(child) == "Key") object.key = child.text().get();
      if (local_name(child) == "VersionId") object.version = child.text().get();
      if (local_name(child) == "ETag") object.etag = unquoted(child.text().get());
    }
    if (object.key.empty()) return s3_failure("MalformedXML");
    list.objects.push_back(std::move(object));
  }
  if (list.objects.empty()) return s3_failure("MalformedXML");
  return list;
}

}  // namespace trainyard::api
