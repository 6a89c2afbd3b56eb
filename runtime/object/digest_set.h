#pragma once

// Several digests of one body, computed beside its writing: small bodies inline, a large one on a
// thread of the set's own, fed through a few reused buffers, so that hashing and moving the bytes
// overlap and memory stays bounded (about 1 MiB a set). Used by one thread at a time.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "runtime/object/digest.h"

namespace trainyard {

class DigestSet {
 public:
  explicit DigestSet(const std::set<DigestAlgorithm>& algorithms);
  ~DigestSet();
  DigestSet(const DigestSet&) = delete;
  DigestSet& operator=(const DigestSet&) = delete;

  void update(std::span<const std::byte> bytes);
  // Raw digests by algorithm. Once; no update after it.
  std::map<DigestAlgorithm, std::string> finish();

 private:
  struct Buffer {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };

  void hash(std::span<const std::byte> bytes);
  Buffer take_free_buffer();
  void hand_over();
  void end_thread();
  void run();

  std::map<DigestAlgorithm, std::unique_ptr<Digest>> digests_;
  std::uint64_t total_ = 0;
  Buffer filling_;
  std::size_t allocated_ = 0;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::deque<Buffer> filled_;
  std::vector<Buffer> free_;
  bool ended_ = false;

  std::thread thread_;
};

}  // namespace trainyard
