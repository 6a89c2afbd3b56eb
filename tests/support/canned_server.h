#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/unique_fd.h"

namespace trainyard::testing {

// Listens on a free loopback port. Answers every connection with the same bytes, once the head of
// its request has come, and closes it.
class CannedServer {
 public:
  explicit CannedServer(std::string answer);
  ~CannedServer();
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // Heads of the requests that came, in order.
  std::vector<std::string> requests() const;

 private:
  void serve();

  std::string answer_;
  std::uint16_t port_ = 0;  // before the listener, which sets it
  UniqueFd listener_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

// A loopback port at which nobody listens.
std::uint16_t closed_port();

}  // namespace trainyard::testing
