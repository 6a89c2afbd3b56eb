#pragma once

// Version ids: opaque to clients, but they hold the place of the version among those of its bucket,
// so that a listing can go on behind a version that was deleted meanwhile. The version that a
// bucket without versioning, or with suspended versioning, writes is called "null".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trainyard {

inline constexpr const char* null_version = "null";

std::string new_version_id(std::int64_t sequence);

// Where a listing goes on behind a version: its id, or for "null" an id of the same kind that names
// no version.
std::string version_marker(const std::string& version, std::int64_t sequence);

// The sequence in an id or a marker; nothing for "null" and for what is no id.
std::optional<std::int64_t> sequence_of_version(std::string_view id);

}  // namespace trainyard
