#include "server/version.h"

namespace trainyard::server {

std::string_view version() {
  return TRAINYARD_VERSION;
}

}  // namespace trainyard::server
