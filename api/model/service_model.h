#pragma once

// What the public model of a service says: the names of its operations, and the shapes of those
// that are served here. The tables are generated (see generate_models.py) and committed, so that a
// build needs no model.

#include <span>
#include <string_view>

#include "api/model/shape.h"

namespace trainyard::api {

struct OperationModel {
  std::string_view name;
  const Shape* input = nullptr;   // null: takes nothing
  const Shape* output = nullptr;  // null: gives nothing, or its protocol needs no shape
};

struct ServiceModel {
  std::span<const Shape* const> shapes;  // each after those it is made of
  std::span<const OperationModel> served;
  std::span<const std::string_view> names;  // of all operations, served or not, in order of bytes

  // The model of an operation that is served, or null.
  const OperationModel* find(std::string_view operation) const;
  // Whether the service has an operation of that name, served here or not.
  bool knows(std::string_view operation) const;
  // The shape of that name; it must be in the table.
  const Shape& shape(std::string_view name) const;
};

}  // namespace trainyard::api
