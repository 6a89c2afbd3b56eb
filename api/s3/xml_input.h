#pragma once

// The XML documents that clients send: lists of parts and of keys. Both are bounded in bytes before
// they are parsed, and in entries after; entities other than XML's own are not expanded.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/s3/s3_error.h"

namespace pugi {
class xml_document;
class xml_node;
}  // namespace pugi

namespace trainyard::api {

// MalformedXML unless the document is well-formed and its root has this name.
S3Result<std::shared_ptr<pugi::xml_document>> parse_xml(const std::string& text,
                                                        std::string_view root);

// An element's name without the prefix of a name space.
std::string_view local_name(const pugi::xml_node& node);

struct NamedPart {
  int number = 0;
  std::string etag;                              // without quotes
  std::map<std::string, std::string> checksums;  // by algorithm
};

// The body of a CompleteMultipartUpload.
S3Result<std::vector<NamedPart>> parse_part_list(const std::string& text);

struct NamedObject {
  std::string key;
  std::optional<std::string> version;
  std::optional<std::string> etag;  // without quotes
};

struct DeleteList {
  std::vector<NamedObject> objects;
  bool quiet = false;
};

// The body of a DeleteObjects.
S3Result<DeleteList> parse_delete_list(const std::string& text);

}  // namespace trainyard::api
