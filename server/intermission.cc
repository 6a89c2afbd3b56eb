#include "server/intermission.h"

#include <utility>

#include "api/wire/protocol_error.h"

namespace trainyard::server {

ServiceHandler Intermission::guard(ServiceHandler handler) {
  return [this, handler = std::move(handler)](api::Request& request,
                                              const Destination& destination) {
    if (!enter()) {
      return api::error_response(destination.protocol, api::CommonError::unavailable,
                                 "The daemon is being reset; try again in a moment.", request.id);
    }
    const Visit visit{*this};
    return handler(request, destination);
  };
}

Intermission::Closed Intermission::begin(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !closed_; });
  closed_ = true;
  changed_.wait_for(lock, patience, [this] { return inside_ == 0; });
  return Closed(*this);
}

Intermission::Closed::~Closed() {
  const std::lock_guard lock(owner_.mutex_);
  owner_.closed_ = false;
  owner_.changed_.notify_all();
}

bool Intermission::enter() {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  ++inside_;
  return true;
}

void Intermission::leave() {
  const std::lock_guard lock(mutex_);
  --inside_;
  if (inside_ == 0) changed_.notify_all();
}

}  // namespace trainyard::server
