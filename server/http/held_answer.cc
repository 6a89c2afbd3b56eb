#include "server/http/held_answer.h"

#include <algorithm>

namespace trainyard::server {

namespace {

// A client that does not understand chunks gets none, and one that asks for no body neither; its
// time is looked at when it is limited.
constexpr std::chrono::milliseconds never = std::chrono::hours(24);

}  // namespace

HeldAnswer::HeldAnswer(api::Response response, ResponseForm form,
                       std::chrono::milliseconds sign_of_life_time, TimePoint now)
    : response_(std::move(response)),
      form_(form),
      sign_of_life_time_(sign_of_life_time),
      next_sign_(now + (form.at_least_1_1 && !form.head ? sign_of_life_time : never)) {
  if (body().limit) limit_ = now + *body().limit;
}

HeldAnswer::TimePoint HeldAnswer::next_look() const {
  return limit_ ? std::min(*limit_, next_sign_) : next_sign_;
}

void HeldAnswer::gave_sign_of_life(TimePoint now) {
  begun_ = true;
  next_sign_ = now + sign_of_life_time_;
}

}  // namespace trainyard::server
