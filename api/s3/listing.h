#pragma once

// What listings of objects and of uploads have in common.

#include <string>
#include <vector>

#include "api/s3/s3_call.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

// encoding-type: whether keys are written percent-encoded, so that XML can carry all of them.
class KeyEncoding {
 public:
  static S3Result<KeyEncoding> of(const S3Call& call);

  std::string apply(const std::string& text) const;
  bool is_url() const { return url_; }

 private:
  explicit KeyEncoding(bool url) : url_(url) {}
  bool url_;
};

void write_common_prefixes(const KeyEncoding& encoding, const std::vector<std::string>& prefixes,
                           XmlWriter& xml);

}  // namespace trainyard::api
