#pragma once

// What GetLogEvents and FilterLogEvents have in common: a page of events, and how much work one
// request may be.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "runtime/base/clock.h"
#include "runtime/log/log_reader.h"

namespace trainyard::api {

// Events of a page are bounded in number and in bytes, counted as PutLogEvents counts them.
class LogPage {
 public:
  static constexpr std::size_t events_max = 10'000;
  static constexpr std::size_t bytes_max = 1'048'576;

  explicit LogPage(std::size_t limit) : limit_(limit) {}

  bool has_room_for(std::string_view message) const;
  void add(nlohmann::json event, std::string_view message);
  std::size_t size() const { return events_.size(); }
  bool full() const { return events_.size() >= limit_; }
  nlohmann::json take_events() { return std::move(events_); }

 private:
  std::size_t limit_;
  std::size_t bytes_ = 0;
  nlohmann::json events_ = nlohmann::json::array();
};

// Ends a search that finds little after some bytes and some time: the page is handed out as it is,
// and its token goes on from there.
class SearchBudget {
 public:
  static constexpr std::size_t bytes_max = 32 * 1024 * 1024;
  static constexpr std::chrono::milliseconds time_max{1000};

  explicit SearchBudget(const Clock& clock) : clock_(clock), end_(clock.now() + time_max) {}

  void spend(std::string_view message) { spent_ += message.size() + 64; }
  // Never before anything was looked at: every request must bring its reader on.
  bool used_up() const { return spent_ > 0 && (spent_ >= bytes_max || clock_.now() >= end_); }

 private:
  const Clock& clock_;
  Time end_;
  std::size_t spent_ = 0;
};

// The members `startTime` and `endTime`; moments that no Time can hold become its first or last.
struct LogSpan {
  Time begin{};
  Time end = Time::max();

  bool contains(Time time) const { return time >= begin && time < end; }
};
// `after_end` is added to the end, where it is given.
LogSpan log_span(const nlohmann::json& in, std::chrono::milliseconds after_end);

// {"timestamp":…,"message":…,"ingestionTime":…}
nlohmann::json log_event_json(const StoredEvent& event);

}  // namespace trainyard::api
