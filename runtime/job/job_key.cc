#include "runtime/job/job_key.h"

#include <algorithm>

namespace trainyard {

std::string job_key(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name;
}

}  // namespace trainyard
