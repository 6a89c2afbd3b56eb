#pragma once

#include <filesystem>

namespace trainyard {

// Whether `path` is `root` or lies below it. Both without links, ".." and trailing slashes.
bool lies_under(const std::filesystem::path& path, const std::filesystem::path& root);

}  // namespace trainyard
