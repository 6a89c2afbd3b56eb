#pragma once

// What the files of FakeEngine share: the frame of every verb, and the errors that verbs give.

#include "tests/support/fake_engine.h"

namespace trainyard::testing {

inline tl::unexpected<Error> engine_away() {
  return failure(ErrorKind::unavailable, "the fake Engine is away");
}

inline tl::unexpected<Error> no_such(const char* noun, const std::string& name) {
  return failure(ErrorKind::not_found, fmt::format("No such {}: {}", noun, name));
}

template <typename Body>
auto FakeEngine::verb(const std::string& name, Body body) -> decltype(body()) {
  TRY_VOID(enter(name));
  auto result = [&] {
    const std::lock_guard lock(mutex_);
    return body();
  }();
  changed_.notify_all();
  const std::lock_guard lock(mutex_);
  if (auto& lost = lost_replies_[name]; !lost.empty()) {
    const Error error = lost.front();
    lost.pop_front();
    return failure(error);
  }
  return result;
}

}  // namespace trainyard::testing
