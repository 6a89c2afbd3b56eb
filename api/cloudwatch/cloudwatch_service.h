#pragma once

// Amazon CloudWatch, as far as metrics are put and read.

#include "api/service/modelled_service.h"
#include "runtime/base/clock.h"
#include "runtime/store/metric_store.h"

namespace trainyard::api {

class CloudWatchService {
 public:
  // Keeps references to both, which must outlive it.
  CloudWatchService(MetricStore& metrics, const Clock& clock);

  // AWS JSON, query protocol or CBOR. Any thread.
  Response handle(Request& request, Protocol protocol) const {
    return service_.handle(request, protocol);
  }

 private:
  ModelledService service_;
};

}  // namespace trainyard::api
