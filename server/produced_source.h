#pragma once

// A body whose maker pushes, for a reader that pulls.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/base/stream.h"
#include "runtime/base/task_group.h"

namespace trainyard::server {

// Runs a producer on a thread of its own, at most `buffer_bytes` (and what one write holds) ahead
// of the reader. An error of the producer is returned after the bytes before it. Destroying it
// makes the producer's next write fail with `cancelled`, and waits for the producer to return.
class ProducedSource final : public ByteSource {
 public:
  explicit ProducedSource(BodyProducer producer, std::size_t buffer_bytes = stream_buffer_bytes);
  ~ProducedSource() override;

  Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  class Sink;

  Result<void> push(std::span<const std::byte> bytes);
  void finish(Result<void> outcome);

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::size_t limit_;
  std::string buffer_;
  std::size_t position_ = 0;  // of the first byte in `buffer_` that was not read
  bool abandoned_ = false;
  std::optional<Result<void>> outcome_;
  TaskGroup thread_;  // last: it ends before what it works on
};

}  // namespace trainyard::server
