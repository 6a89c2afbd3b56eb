#pragma once

#include <cstddef>

#include <nlohmann/json.hpp>

#include "api/wire/aws_error.h"
#include "runtime/job/job_record.h"

namespace trainyard::api {

inline constexpr std::size_t tags_max = 50;

// Whether a key begins with "aws:", in any case.
bool is_reserved_tag_key(std::string_view key);

// The tags of a valid TagList. Keys that occur twice and keys that begin with "aws:" are refused.
ApiResult<Tags> parse_tags(const nlohmann::json& list);

nlohmann::json tags_to_json(const Tags& tags);

}  // namespace trainyard::api
