#pragma once

// The fake behind the ObjectStore door: everything in memory, and faults on demand. Thread-safe.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "runtime/object/object_store.h"

namespace trainyard::testing {

class MemoryStore final : public ObjectStore {
 public:
  enum class Operation { has_bucket, put, write, commit, open, read, head, remove, list };

  // Asked before every operation; an Error it returns is what the operation returns. `key` is the
  // prefix for a listing and empty for has_bucket.
  using Fault = std::function<std::optional<Error>(Operation, const std::string& key)>;

  explicit MemoryStore(Clock& clock) : clock_(clock) {}

  void create_bucket(const std::string& name);
  void set_fault(Fault fault);
  // Shorthands for tests. `content` fails the test's expectations by throwing when there is none.
  void add(const std::string& bucket, const std::string& key, std::string content);
  std::string content(const std::string& bucket, const std::string& key) const;

  Result<bool> has_bucket(const std::string& bucket) override;
  Result<std::unique_ptr<ObjectWriter>> put(const std::string& bucket, const std::string& key,
                                            const ObjectMetadata& metadata, bool durable) override;
  Result<std::unique_ptr<ObjectReader>> open(const std::string& bucket,
                                             const std::string& key) override;
  Result<ObjectInfo> head(const std::string& bucket, const std::string& key) override;
  Result<void> remove(const std::string& bucket, const std::string& key) override;
  Result<ObjectListPage> list(const std::string& bucket, const ObjectListQuery& query) override;

 private:
  friend class MemoryWriter;
  friend class MemoryReader;
  struct Object {
    ObjectInfo info;
    std::shared_ptr<const std::string> content;
  };
  using Bucket = std::map<std::string, Object>;

  Result<void> check(Operation operation, const std::string& key) const;
  Result<Object> find(const std::string& bucket, const std::string& key) const;
  Result<ObjectInfo> store(const std::string& bucket, const std::string& key,
                           const ObjectMetadata& metadata, std::string content);

  Clock& clock_;
  mutable std::mutex mutex_;
  Fault fault_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace trainyard::testing
