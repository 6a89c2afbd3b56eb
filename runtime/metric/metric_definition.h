#pragma once

#include <string>

namespace trainyard {

// A metric that is read from a job's log by a regular expression, whose first group is the value.
struct MetricDefinition {
  std::string name;
  std::string regex;
};

}  // namespace trainyard
