#include "api/model/service_model.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace trainyard::api {

const OperationModel* ServiceModel::find(std::string_view operation) const {
  const auto found = std::ranges::find(served, operation, &OperationModel::name);
  return found == served.end() ? nullptr : &*found;
}

bool ServiceModel::knows(std::string_view operation) const {
  return std::ranges::binary_search(names, operation);
}

const Shape& ServiceModel::shape(std::string_view name) const {
  const auto found = std::ranges::find(shapes, name, &Shape::name);
  if (found == shapes.end()) throw std::logic_error("no shape is called " + std::string(name));
  return **found;
}

}  // namespace trainyard::api
