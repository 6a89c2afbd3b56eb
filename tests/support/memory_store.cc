#include "tests/support/memory_store.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "runtime/object/digest.h"
#include "runtime/store/object_index.h"

namespace trainyard::testing {

class MemoryWriter final : public ObjectWriter {
 public:
  MemoryWriter(MemoryStore& store, std::string bucket, std::string key, ObjectMetadata metadata)
      : store_(store),
        bucket_(std::move(bucket)),
        key_(std::move(key)),
        metadata_(std::move(metadata)) {}

  Result<void> write(std::span<const std::byte> bytes) override {
    TRY_VOID(store_.check(MemoryStore::Operation::write, key_));
    content_.append(as_text(bytes));
    return {};
  }
  Result<ObjectInfo> commit() override {
    TRY_VOID(store_.check(MemoryStore::Operation::commit, key_));
    return store_.store(bucket_, key_, metadata_, std::move(content_));
  }

 private:
  MemoryStore& store_;
  std::string bucket_, key_;
  ObjectMetadata metadata_;
  std::string content_;
};

class MemoryReader final : public ObjectReader {
 public:
  MemoryReader(const MemoryStore& store, ObjectInfo info,
               std::shared_ptr<const std::string> content)
      : store_(store), info_(std::move(info)), content_(std::move(content)) {}

  const ObjectInfo& info() const override { return info_; }
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    TRY_VOID(store_.check(MemoryStore::Operation::read, info_.key));
    const std::size_t count = std::min(buffer.size(), content_->size() - position_);
    std::memcpy(buffer.data(), content_->data() + position_, count);
    position_ += count;
    return count;
  }

 private:
  const MemoryStore& store_;
  ObjectInfo info_;
  std::shared_ptr<const std::string> content_;
  std::size_t position_ = 0;
};

void MemoryStore::create_bucket(const std::string& name) {
  const std::lock_guard lock(mutex_);
  buckets_.try_emplace(name);
}

void MemoryStore::set_fault(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

void MemoryStore::add(const std::string& bucket, const std::string& key, std::string content) {
  create_bucket(bucket);
  (void)store(bucket, key, {}, std::move(content));
}

std::string MemoryStore::content(const std::string& bucket, const std::string& key) const {
  const auto object = find(bucket, key);
  if (!object) throw std::runtime_error(object.error().message);
  return *object->content;
}

Result<void> MemoryStore::check(Operation operation, const std::string& key) const {
  Fault fault;
  {
    const std::lock_guard lock(mutex_);
    fault = fault_;
  }
  if (!fault) return {};
  if (auto error = fault(operation, key)) return failure(std::move(*error));
  return {};
}

Result<MemoryStore::Object> MemoryStore::find(const std::string& bucket,
                                              const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto in = buckets_.find(bucket);
  if (in == buckets_.end()) return failure(ErrorKind::not_found, "no bucket " + bucket);
  const auto object = in->second.find(key);
  if (object == in->second.end()) return failure(ErrorKind::not_found, "no object " + key);
  return object->second;
}

Result<ObjectInfo> MemoryStore::store(const std::string& bucket, const std::string& key,
                                      const ObjectMetadata& metadata, std::string content) {
  Object object;
  object.info.key = key;
  object.info.size = content.size();
  object.info.etag = to_hex(digest_of(DigestAlgorithm::md5, content));
  object.info.last_modified = clock_.now();
  object.info.metadata = metadata;
  object.content = std::make_shared<const std::string>(std::move(content));
  const std::lock_guard lock(mutex_);
  const auto in = buckets_.find(bucket);
  if (in == buckets_.end()) return failure(ErrorKind::not_found, "no bucket " + bucket);
  in->second[key] = object;
  return object.info;
}

Result<bool> MemoryStore::has_bucket(const std::string& bucket) {
  TRY_VOID(check(Operation::has_bucket, ""));
  const std::lock_guard lock(mutex_);
  return buckets_.contains(bucket);
}

Result<std::unique_ptr<ObjectWriter>> MemoryStore::put(const std::string& bucket,
                                                       const std::string& key,
                                                       const ObjectMetadata& metadata, bool) {
  TRY_VOID(check(Operation::put, key));
  {
    const std::lock_guard lock(mutex_);
    if (!buckets_.contains(bucket)) return failure(ErrorKind::not_found, "no bucket " + bucket);
  }
  return std::make_unique<MemoryWriter>(*this, bucket, key, metadata);
}

Result<std::unique_ptr<ObjectReader>> MemoryStore::open(const std::string& bucket,
                                                        const std::string& key) {
  TRY_VOID(check(Operation::open, key));
  TRY(Object object, find(bucket, key));
  return std::make_unique<MemoryReader>(*this, std::move(object.info), std::move(object.content));
}

Result<ObjectInfo> MemoryStore::head(const std::string& bucket, const std::string& key) {
  TRY_VOID(check(Operation::head, key));
  TRY(Object object, find(bucket, key));
  return std::move(object.info);
}

Result<void> MemoryStore::remove(const std::string& bucket, const std::string& key) {
  TRY_VOID(check(Operation::remove, key));
  const std::lock_guard lock(mutex_);
  const auto in = buckets_.find(bucket);
  if (in == buckets_.end()) return failure(ErrorKind::not_found, "no bucket " + bucket);
  in->second.erase(key);
  return {};
}

Result<ObjectListPage> MemoryStore::list(const std::string& bucket, const ObjectListQuery& query) {
  TRY_VOID(check(Operation::list, query.prefix));
  const std::lock_guard lock(mutex_);
  const auto in = buckets_.find(bucket);
  if (in == buckets_.end()) return failure(ErrorKind::not_found, "no bucket " + bucket);
  ObjectListPage page;
  if (query.limit == 0) return page;
  std::string last;
  for (const auto& [key, object] : in->second) {
    if (!key.starts_with(query.prefix) || key <= query.start_after) continue;
    const auto shown = common_prefix_of(key, query.prefix, query.delimiter);
    if (shown && (*shown <= query.start_after || *shown == last)) continue;
    if (page.objects.size() + page.common_prefixes.size() == query.limit) {
      page.next_start_after = last;
      break;
    }
    last = shown.value_or(key);
    if (shown) {
      page.common_prefixes.push_back(*shown);
    } else {
      page.objects.push_back(object.info);
      page.objects.back().metadata = {};
    }
  }
  return page;
}

}  // namespace trainyard::testing
