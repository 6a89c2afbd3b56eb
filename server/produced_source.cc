#include "server/produced_source.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace trainyard::server {

class ProducedSource::Sink final : public ByteSink {
 public:
  explicit Sink(ProducedSource& source) : source_(source) {}
  Result<void> write(std::span<const std::byte> bytes) override { return source_.push(bytes); }

 private:
  ProducedSource& source_;
};

ProducedSource::ProducedSource(BodyProducer producer, std::size_t buffer_bytes)
    : limit_(buffer_bytes), thread_("body producer", 1) {
  const bool started = thread_.spawn([this, make = std::move(producer)](std::stop_token) {
    Sink sink(*this);
    try {
      finish(make(sink));
    } catch (const std::exception& error) {
      finish(failure(ErrorKind::internal, error.what()));
    }
  });
  if (!started) finish(failure(ErrorKind::limit_exceeded, "no thread for the body"));
}

ProducedSource::~ProducedSource() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  changed_.notify_all();
}

Result<std::size_t> ProducedSource::read(std::span<std::byte> buffer) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return position_ < buffer_.size() || outcome_; });
  const std::size_t count = std::min(buffer.size(), buffer_.size() - position_);
  if (count == 0) {
    if (*outcome_) return 0;
    return failure(outcome_->error());
  }
  std::memcpy(buffer.data(), buffer_.data() + position_, count);
  position_ += count;
  if (position_ == buffer_.size()) {
    buffer_.clear();
    position_ = 0;
    changed_.notify_all();
  }
  return count;
}

// What was read is dropped when everything was, so the buffer is moved to as a whole.
Result<void> ProducedSource::push(std::span<const std::byte> bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return buffer_.size() < limit_ || abandoned_; });
  if (abandoned_) return failure(ErrorKind::cancelled, "nobody reads the body any more");
  buffer_ += as_text(bytes);
  changed_.notify_all();
  return {};
}

void ProducedSource::finish(Result<void> outcome) {
  const std::lock_guard lock(mutex_);
  outcome_ = std::move(outcome);
  changed_.notify_all();
}

}  // namespace trainyard::server
