#pragma once

// The input shapes of the training-job operations, as the public service model has them. The table
// is generated (see generate_shapes.py) and committed, so that a build needs no model.

#include <span>
#include <string_view>

#include "api/validation/shape.h"

namespace trainyard::api {

// Every shape, each after those it is made of.
std::span<const Shape* const> training_shapes();

// The shape of that name; it must be in the table.
const Shape& training_shape(std::string_view name);

}  // namespace trainyard::api
