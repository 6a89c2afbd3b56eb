#pragma once

// A service whose operations a public model describes: decoding, validation, the choice of the
// operation and the form of every answer are the same for all of them and for each protocol.

#include <functional>
#include <map>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/model/service_model.h"
#include "api/wire/aws_error.h"
#include "api/wire/http_message.h"
#include "api/wire/protocol_error.h"

namespace trainyard::api {

struct ServiceProtocols {
  std::string_view service;     // as messages name it: "STS"
  std::string_view name_space;  // of query answers
  std::string_view target;      // before the dot in X-Amz-Target, and in the path of RPC v2
};

class ModelledService {
 public:
  // Takes input that is valid by its shape, members that are null left out; gives the output in its
  // JSON form (moments are seconds since 1970), null where it has none.
  // The request is there for who asks; its body has been read.
  using Operation =
      std::function<ApiResult<nlohmann::json>(const nlohmann::json& in, const Request& request)>;

  // `operations` are those that the model serves. The model's tables live for ever.
  ModelledService(const ServiceProtocols& protocols, const ServiceModel& model,
                  std::map<std::string_view, Operation> operations);

  // A request in AWS JSON 1.0, query or CBOR. Every request gets an answer in its protocol's form,
  // whatever is wrong with it. Any thread, as far as the operations are.
  Response handle(Request& request, Protocol protocol) const;

 private:
  struct Call;
  ApiResult<Call> read(Request& request, Protocol protocol) const;
  ApiResult<nlohmann::json> run(Call& call, Protocol protocol, const Request& request) const;
  Response answer(const Call& call, Protocol protocol, const nlohmann::json& output,
                  const Request& request) const;

  ServiceProtocols protocols_;
  const ServiceModel& model_;
  std::map<std::string_view, Operation> operations_;
};

}  // namespace trainyard::api
