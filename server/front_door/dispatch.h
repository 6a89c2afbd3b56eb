#pragma once

// Which service a request is meant for. All of them share one port, so the request itself must
// tell. In this order, first match wins:
//
//   1. a path of the daemon itself: /_trainyard/… and two aliases that test suites know
//   2. X-Amz-Target (AWS JSON), signed or not
//   3. Smithy-Protocol: rpc-v2-cbor with its path
//   4. the scope of a Signature V4 or V4a, in the header or presigned
//   5. a form with Action and Version (query protocol)
//   6. S3: bucket in the host name, Signature V2, then bucket in the path
//   7. a browser at / : the console
//
// Nothing becomes an S3 request for want of anything better: a request that fits nothing is
// unknown, in the protocol it seems to speak.
//
// Pure; any thread.

#include <string_view>
#include <vector>

#include "api/wire/http_message.h"
#include "server/front_door/destination.h"

namespace trainyard::server {

// The service's name in the scope of a signature; "" where requests are not signed.
std::string_view signing_name(Service service);

struct DispatchRules {
  std::vector<std::string> hosts;  // as in GateRules: "name" never is a bucket, "*.name" has them
};

class Dispatcher {
 public:
  explicit Dispatcher(const DispatchRules& rules);

  // Only the form in its body can tell what this request is; `destination` wants its beginning.
  static bool needs_form(const api::Request& request);

  // `form` is the body's beginning where needs_form, else empty.
  Destination destination(const api::Request& request, std::string_view form = {}) const;

 private:
  std::string bucket_of_host(const api::Request& request) const;

  std::vector<std::string> own_names_;
  std::vector<std::string> parents_;  // ".localhost"
};

}  // namespace trainyard::server
