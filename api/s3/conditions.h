#pragma once

// Conditional requests and byte ranges, in the order of RFC 9110 section 13.2.2 and as "GetObject"
// in the Amazon S3 API reference describes them.

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/wire/http_message.h"
#include "runtime/object/object_store.h"
#include "runtime/store/object_index.h"

namespace trainyard::api {

enum class ConditionOutcome { holds, not_modified, failed };

// `prefix` is "" for the object itself and "x-amz-copy-source-" for the source of a copy.
ConditionOutcome check_conditions(const Headers& headers, std::string_view prefix,
                                  const ObjectInfo& object);

// "Conditional writes" in the Amazon S3 user guide: If-None-Match with "*", If-Match with one ETag.
// Nothing when the headers ask for something else.
std::optional<WriteCondition> write_condition(const Headers& headers);

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct RangeOutcome {
  bool satisfiable = true;
  std::optional<ByteRange> range;  // nothing: the whole object
};

// A header that is malformed, of another unit, or names several ranges asks for the whole object.
RangeOutcome parse_range(std::string_view header, std::uint64_t size);

// Does If-Range, if there is one, allow the range?
bool range_is_current(const Headers& headers, const ObjectInfo& object);

}  // namespace trainyard::api
