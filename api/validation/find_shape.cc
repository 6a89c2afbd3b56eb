#include <stdexcept>
#include <string>

#include "api/validation/training_shapes.h"

namespace trainyard::api {

const Shape& training_shape(std::string_view name) {
  for (const Shape* shape : training_shapes()) {
    if (shape->name == name) return *shape;
  }
  throw std::logic_error("no shape is called " + std::string(name));
}

}  // namespace trainyard::api
