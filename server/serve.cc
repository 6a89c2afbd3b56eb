#include "server/serve.h"

#include <iostream>

#include "runtime/store/data_directory.h"

namespace trainyard::server {

int serve(const ServeOptions& options) {
  const auto directory = DataDirectory::open(options.data_dir);
  if (!directory) {
    std::cerr << "trainyard: " << directory.error().message << '\n';
    return 1;
  }
  std::cerr << "trainyard: requests are not served yet\n";
  return 1;
}

}  // namespace trainyard::server
