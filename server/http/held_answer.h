#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "api/wire/http_message.h"
#include "server/http/response_writer.h"

namespace trainyard::server {

// What a connection waits for whose request is held (see api::HeldBody). Belongs to the connection
// and moves with it; only the notice knows other threads.
class HeldAnswer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `response` holds an api::HeldBody.
  HeldAnswer(api::Response response, ResponseForm form, std::chrono::milliseconds sign_of_life_time,
             TimePoint now);
  ~HeldAnswer() { body().ready->listen({}); }
  HeldAnswer(const HeldAnswer&) = delete;
  HeldAnswer& operator=(const HeldAnswer&) = delete;

  const api::Response& header() const { return response_; }
  const ResponseForm& form() const { return form_; }
  api::HeldBody& body() { return std::get<api::HeldBody>(response_.body); }

  // The answer should be made now.
  bool due(TimePoint now) { return body().ready->given() || (limit_ && now >= *limit_); }
  // When somebody must look at it again, if no notice is given before.
  TimePoint next_look() const;

  // The header was sent, so that every so often a space must be.
  bool begun() const { return begun_; }
  bool sign_of_life_due(TimePoint now) const { return now >= next_sign_; }
  void gave_sign_of_life(TimePoint now);

 private:
  api::Response response_;
  ResponseForm form_;
  std::chrono::milliseconds sign_of_life_time_;
  std::optional<TimePoint> limit_;
  TimePoint next_sign_;
  bool begun_ = false;
};

}  // namespace trainyard::server
