#pragma once

// Files that are read and replaced as a whole. Any thread.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace trainyard {

// Follows the name of a file in that of one that is to replace it; a process that is killed may
// leave such a one behind.
inline constexpr std::string_view fresh_file_mark = ".new-";

// Replaces the file as a whole: readers see the old content or the new; with `durable` also after a
// power cut. Only its user can read it.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content,
                          bool durable);

// The content without the newlines at its end. Errors: not_found, limit_exceeded beyond `limit`.
Result<std::string> read_small_file(const std::filesystem::path& path, std::size_t limit = 4096);

}  // namespace trainyard
