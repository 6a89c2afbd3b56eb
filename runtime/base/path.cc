#include "runtime/base/path.h"

#include <algorithm>

namespace trainyard {

bool lies_under(const std::filesystem::path& path, const std::filesystem::path& root) {
  const auto [end_of_root, ignored] =
      std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return end_of_root == root.end();
}

}  // namespace trainyard
