#include "api/s3/tags.h"

#include <algorithm>

#include <pugixml.hpp>

#include "api/s3/s3_call.h"
#include "api/s3/xml_input.h"
#include "api/wire/utf8.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

constexpr std::size_t longest_key = 128;
constexpr std::size_t longest_value = 256;

// In characters, of text that is UTF-8.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

bool is_tag_text(std::string_view text, std::size_t longest) {
  return is_utf8(text) && length_of(text) <= longest &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

S3Result<void> add_tag(Tags& tags, const std::string& key, const std::string& value) {
  if (key.empty() || !is_tag_text(key, longest_key)) {
    return s3_failure("InvalidTag", "The TagKey you have provided is invalid");
  }
  if (!is_tag_text(value, longest_value)) {
    return s3_failure("InvalidTag", "The TagValue you have provided is invalid");
  }
  if (key.starts_with("aws:")) {
    return s3_failure("InvalidTag", "System tags cannot be added/updated by requester");
  }
  if (!tags.emplace(key, value).second) {
    return s3_failure("InvalidTag", "Cannot provide multiple Tags with the same key");
  }
  return {};
}

S3Result<void> check_number(const Tags& tags, std::size_t most) {
  if (tags.size() <= most) return {};
  return s3_failure(
      "BadRequest",
      fmt::format("{} cannot be greater than {}",
                  most == most_object_tags ? "Object tags" : "Bucket tag count", most));
}

S3Result<Tags> tags_of_set(const pugi::xml_node& set) {
  Tags tags;
  for (const pugi::xml_node& node : set.children()) {
    if (local_name(node) != "Tag") return s3_failure("MalformedXML");
    std::optional<std::string> key, value;
    for (const pugi::xml_node& child : node.children()) {
      if (local_name(child) == "Key") key = child.text().get();
      if (local_name(child) == "Value") value = child.text().get();
    }
    if (!key || !value) return s3_failure("MalformedXML");
    TRY_VOID(add_tag(tags, *key, *value));
  }
  return tags;
}

}  // namespace

S3Result<Tags> tags_of_header(std::string_view header) {
  Tags tags;
  const auto parameters = QueryParameters::parse(header);
  if (!parameters) {
    return s3_failure("InvalidArgument",
                      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL "
                      "query parameters without tag name duplicates.");
  }
  for (const auto& [key, value] : parameters->all()) TRY_VOID(add_tag(tags, key, value));
  TRY_VOID(check_number(tags, most_object_tags));
  return tags;
}

S3Result<Tags> tags_of_document(const std::string& text, std::size_t most) {
  TRY(const auto document, parse_xml(text, "Tagging"));
  for (const pugi::xml_node& node : document->document_element().children()) {
    if (local_name(node) != "TagSet") continue;
    TRY(const Tags tags, tags_of_set(node));
    TRY_VOID(check_number(tags, most));
    return tags;
  }
  return s3_failure("MalformedXML");
}

std::string tag_document(const Tags& tags) {
  XmlWriter xml("Tagging", s3_name_space);
  xml.open("TagSet");
  for (const auto& [key, value] : tags) {
    xml.open("Tag");
    xml.element("Key", key);
    xml.element("Value", value);
    xml.close();
  }
  return xml.finish();
}

}  // namespace trainyard::api
