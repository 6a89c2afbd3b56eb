#include "runtime/object/buckets.h"

#include <algorithm>

namespace trainyard {

Result<void> Buckets::add_directory(const std::string& name,
                                    const std::filesystem::path& directory) {
  TRY(const bool taken, embedded_.has_bucket(name));
  if (taken) {
    return failure(ErrorKind::conflict,
                   fmt::format("{} cannot be served as bucket {}: the daemon's own store has a "
                               "bucket of that name; choose another, or delete that one first",
                               directory.string(), name));
  }
  TRY(directories_[name], DirectoryBucket::open(name, directory, embedded_));
  return {};
}

BucketStore& Buckets::store_of(const std::string& bucket) {
  const auto directory = directories_.find(bucket);
  if (directory != directories_.end()) return *directory->second;
  return embedded_;
}

Result<std::vector<BucketInfo>> Buckets::all() {
  TRY(auto stored, embedded_.buckets());
  std::vector<BucketInfo> visible;
  for (BucketInfo& bucket : stored) {
    const std::string_view name = bucket.name;
    if (!name.starts_with(EmbeddedStore::hidden_prefix)) {
      visible.push_back(std::move(bucket));
      continue;
    }
    // A directory's bucket is as old as the one that remembers things for it.
    const std::string shown(name.substr(EmbeddedStore::hidden_prefix.size()));
    if (directories_.contains(shown)) visible.push_back({shown, bucket.created});
  }
  std::sort(visible.begin(), visible.end(),
            [](const BucketInfo& a, const BucketInfo& b) { return a.name < b.name; });
  return visible;
}

Result<void> Buckets::create_bucket(const std::string& name) {
  if (directories_.contains(name)) {
    return failure(ErrorKind::already_exists, fmt::format("bucket {} exists", name));
  }
  return embedded_.create_bucket(name);
}

Result<void> Buckets::delete_bucket(const std::string& name) {
  if (directories_.contains(name)) {
    return failure(ErrorKind::unsupported,
                   fmt::format("Bucket {} serves a local directory and goes when the daemon is "
                               "started without it",
                               name));
  }
  return embedded_.delete_bucket(name);
}

Result<bool> Buckets::has_bucket(const std::string& bucket) {
  if (bucket.starts_with(EmbeddedStore::hidden_prefix)) return false;
  return store_of(bucket).has_bucket(bucket);
}

Result<std::unique_ptr<ObjectWriter>> Buckets::put(const std::string& bucket,
                                                   const std::string& key,
                                                   const ObjectMetadata& metadata, bool durable) {
  return store_of(bucket).put(bucket, key, metadata, durable);
}

Result<std::unique_ptr<ObjectReader>> Buckets::open(const std::string& bucket,
                                                    const std::string& key) {
  return store_of(bucket).open(bucket, key);
}

Result<ObjectInfo> Buckets::head(const std::string& bucket, const std::string& key) {
  return store_of(bucket).head(bucket, key);
}

Result<void> Buckets::remove(const std::string& bucket, const std::string& key) {
  return store_of(bucket).remove(bucket, key);
}

Result<ObjectListPage> Buckets::list(const std::string& bucket, const ObjectListQuery& query) {
  return store_of(bucket).list(bucket, query);
}

}  // namespace trainyard
