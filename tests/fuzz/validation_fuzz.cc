// Any bytes as the body of CreateTrainingJob: parsed, walked and searched for refused members. What
// the walker lets through must be valid input to itself.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/sagemaker/model.h"
#include "api/validation/unsupported.h"
#include "api/validation/validate.h"
#include "api/wire/aws_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trainyard::api;
  const auto body = parse_json_body({reinterpret_cast<const char*>(data), size});
  if (!body) return 0;
  static const Shape& shape = sagemaker_model().shape("CreateTrainingJobRequest");
  const auto validated = validate(shape, *body);
  if (!validated || !validated->violations.empty()) return 0;
  refused_members(validated->value);
  const auto again = validate(shape, validated->value);
  if (!again || !again->violations.empty() || again->value != validated->value) std::abort();
  return 0;
}
