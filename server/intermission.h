#pragma once

// A time in which no request of a service is served, so that what they work on can be taken away
// whole. A request that comes meanwhile is refused at once (503, which clients take as "try
// again"); one that was there before is waited for, for a while.
//
// Any thread; must outlive the handlers that it guards.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "server/front_door/front_door.h"

namespace trainyard::server {

class Intermission {
 public:
  // Ends the intermission when it is destroyed.
  class Closed {
   public:
    explicit Closed(Intermission& owner) : owner_(owner) {}
    ~Closed();
    Closed(const Closed&) = delete;
    Closed& operator=(const Closed&) = delete;

   private:
    Intermission& owner_;
  };

  ServiceHandler guard(ServiceHandler handler);

  // Returns when no guarded handler is at work, at the latest after `patience`: an upload may go on
  // for hours. One intermission at a time; another one waits for its end.
  Closed begin(std::chrono::milliseconds patience);

 private:
  struct Visit {
    Intermission& place;
    ~Visit() { place.leave(); }
  };

  bool enter();
  void leave();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t inside_ = 0;
  bool closed_ = false;
};

}  // namespace trainyard::server
