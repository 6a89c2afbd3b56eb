#pragma once

// The one walker over the table of shapes.
//
// Wording and paths are the service's. Where its form for a broken rule inside a map or a list of
// plain values is known, it names the whole collection and all rules of its items:
//   Value '{a=…}' at 'hyperParameters' failed to satisfy constraint: Map value must satisfy
//   constraint: [Member must have length less than or equal to 2500, Member must have length
//   greater than or equal to 0, Member must satisfy regular expression pattern: .*]
// ("Map keys must …" for keys, "Member must satisfy constraint: […]" for lists). Patterns are
// reported as the model has them.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/model/shape.h"
#include "api/wire/aws_error.h"

namespace trainyard::api {

struct Validated {
  // The input without what the service would not keep: unknown members, and null ones, which stand
  // for absent.
  nlohmann::json value;
  // Every broken rule, in the order of the model; empty when the input is valid. While it is not,
  // `value` is not complete.
  std::vector<std::string> violations;
};

// A value of the wrong JSON type, anywhere, is a SerializationException at once.
ApiResult<Validated> validate(const Shape& shape, const nlohmann::json& input);

}  // namespace trainyard::api
