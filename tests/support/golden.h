#pragma once

#include <string>
#include <string_view>

namespace trainyard::testing {

// Fails the running test case unless the file `name` under tests/golden holds exactly `actual`.
// With TRAINYARD_ACCEPT=1 in the environment a file that differs is rewritten; the case fails all
// the same, so that accepting never passes for having tested.
void check_golden(const std::string& name, std::string_view actual);

}  // namespace trainyard::testing
