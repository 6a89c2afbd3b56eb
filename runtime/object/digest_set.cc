#include "runtime/object/digest_set.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/base/stream.h"

namespace trainyard {

namespace {

constexpr std::uint64_t inline_limit = 1024 * 1024;
constexpr std::size_t buffer_count = 4;

}  // namespace

DigestSet::DigestSet(const std::set<DigestAlgorithm>& algorithms) {
  for (const DigestAlgorithm algorithm : algorithms) digests_[algorithm] = make_digest(algorithm);
}

DigestSet::~DigestSet() {
  end_thread();
}

void DigestSet::update(std::span<const std::byte> bytes) {
  total_ += bytes.size();
  if (total_ <= inline_limit) return hash(bytes);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  while (!bytes.empty()) {
    if (!filling_.bytes) filling_ = take_free_buffer();
    const std::size_t count = std::min(bytes.size(), stream_buffer_bytes - filling_.size);
    std::memcpy(filling_.bytes.get() + filling_.size, bytes.data(), count);
    filling_.size += count;
    bytes = bytes.subspan(count);
    if (filling_.size == stream_buffer_bytes) hand_over();
  }
}

std::map<DigestAlgorithm, std::string> DigestSet::finish() {
  if (filling_.size > 0) hand_over();
  end_thread();
  std::map<DigestAlgorithm, std::string> results;
  for (const auto& [algorithm, digest] : digests_) results[algorithm] = digest->finish();
  return results;
}

void DigestSet::hash(std::span<const std::byte> bytes) {
  for (const auto& [algorithm, digest] : digests_) digest->update(bytes);
}

DigestSet::Buffer DigestSet::take_free_buffer() {
  std::unique_lock lock(mutex_);
  if (free_.empty() && allocated_ < buffer_count) {
    ++allocated_;
    return Buffer{std::make_unique_for_overwrite<std::byte[]>(stream_buffer_bytes), 0};
  }
  changed_.wait(lock, [this] { return !free_.empty(); });
  Buffer buffer = std::move(free_.back());
  free_.pop_back();
  buffer.size = 0;
  return buffer;
}

void DigestSet::hand_over() {
  {
    const std::lock_guard lock(mutex_);
    filled_.push_back(std::exchange(filling_, Buffer{}));
  }
  changed_.notify_all();
}

void DigestSet::end_thread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void DigestSet::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || !filled_.empty(); });
    if (filled_.empty()) return;
    Buffer buffer = std::move(filled_.front());
    filled_.pop_front();
    lock.unlock();
    hash(std::span(buffer.bytes.get(), buffer.size));
    lock.lock();
    free_.push_back(std::move(buffer));
    changed_.notify_all();
  }
}

}  // namespace trainyard
