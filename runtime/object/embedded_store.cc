#include "runtime/object/embedded_store.h"

#include <cerrno>

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trainyard {

namespace {

tl::unexpected<Error> no_such_bucket(const std::string& bucket) {
  return failure(ErrorKind::not_found, fmt::format("bucket {} does not exist", bucket));
}

tl::unexpected<Error> no_such_key(const std::string& bucket, const std::string& key) {
  return failure(ErrorKind::not_found, fmt::format("s3://{}/{} does not exist", bucket, key));
}

Result<std::string> digest_of_file(int fd, std::uint64_t size, DigestAlgorithm algorithm) {
  DigestSet digests({algorithm});
  FileRangeSource source(fd, 0, size);
  std::vector<std::byte> buffer(stream_buffer_bytes);
  for (;;) {
    TRY(const std::size_t count, source.read(buffer));
    if (count == 0) return digests.finish()[algorithm];
    digests.update(std::span(buffer).first(count));
  }
}

}  // namespace

Result<std::size_t> EmbeddedReader::read(std::span<std::byte> buffer) {
  return FdSource(fd_.get()).read(buffer);
}

EmbeddedStore::EmbeddedStore(Clock& clock, Options options, ObjectFiles files,
                             std::unique_ptr<ObjectDatabase> database)
    : clock_(clock),
      options_(options),
      files_(std::move(files)),
      database_(std::move(database)),
      buckets_(*database_),
      index_(*database_),
      uploads_(*database_),
      known_files_(*database_) {
}

Result<std::unique_ptr<EmbeddedStore>> EmbeddedStore::open(const std::filesystem::path& directory,
                                                           Clock& clock, Options options) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return failure(system_error(errno, "making " + directory.string()));
  }
  // The files below are open to everyone: this directory is what keeps other users out.
  if (::chmod(directory.c_str(), 0700) != 0) {
    return failure(system_error(errno, "closing " + directory.string() + " to other users"));
  }
  TRY(ObjectFiles files, ObjectFiles::open(directory / "data"));
  TRY(auto database, ObjectDatabase::open(directory / "objects.db"));
  std::unique_ptr<EmbeddedStore> store(
      new EmbeddedStore(clock, options, std::move(files), std::move(database)));
  TRY_VOID(store->remove_leftovers());
  return store;
}

Result<void> EmbeddedStore::remove_leftovers() {
  TRY(const FileNames files, database_->unwanted());
  remove_files(files);
  if (files.empty()) return {};
  TRY(ObjectChange change, ObjectChange::begin(*database_));
  TRY_VOID(change.commit());
  return {};
}

void EmbeddedStore::remove_files(const FileNames& files) {
  for (const std::string& file : files) {
    const auto removed = files_.remove(file);
    if (!removed) {
      // It stays listed as unwanted, and is tried again at the next start.
      spdlog::warn("{}", removed.error().message);
      continue;
    }
    const std::lock_guard lock(mutex_);
    database_->forget(file);
  }
}

Result<std::unique_ptr<NewFile>> EmbeddedStore::new_file() {
  const std::string name = ObjectFiles::new_name();
  {
    const std::lock_guard lock(mutex_);
    TRY_VOID(database_->announce(name));
  }
  auto fd = files_.create(name);
  if (!fd) {
    remove_files({name});
    return failure(std::move(fd.error()));
  }
  return std::make_unique<NewFile>(*this, name, std::move(*fd));
}

Result<void> EmbeddedStore::make_durable(const NewFile& file) {
  TRY_VOID(sync_file(file.fd()));
  return files_.sync_directory(file.name());
}

Result<std::uint64_t> EmbeddedStore::era_of(const std::string& bucket) {
  const std::lock_guard lock(mutex_);
  TRY(const auto found, buckets_.find(bucket));
  if (!found) return no_such_bucket(bucket);
  return clears_;
}

Result<ObjectInfo> EmbeddedStore::put_row(const std::string& bucket, std::uint64_t era,
                                          StoredObject object, NewFile& file, bool durable,
                                          const WriteCondition& condition) {
  durable = durable || options_.durable;
  if (durable) TRY_VOID(make_durable(file));
  FileNames replaced;
  {
    const std::lock_guard lock(mutex_);
    // A bucket of that name is another one by now.
    if (era != clears_) return no_such_bucket(bucket);
    // Taken under the lock, so that of two writers of a key the later time is the one that stays.
    object.info.last_modified = from_milliseconds(to_milliseconds(clock_.now()));
    TRY(replaced, index_.put(bucket, object, durable, condition));
    file.release();
  }
  remove_files(replaced);
  return std::move(object.info);
}

Result<bool> EmbeddedStore::has_bucket(const std::string& bucket) {
  const std::lock_guard lock(mutex_);
  TRY(const auto found, buckets_.find(bucket));
  return found.has_value();
}

Result<std::unique_ptr<ObjectWriter>> EmbeddedStore::put(const std::string& bucket,
                                                         const std::string& key,
                                                         const ObjectMetadata& metadata,
                                                         bool durable) {
  PutOptions options;
  options.durable = durable;
  return put_object(bucket, key, metadata, options);
}

Result<std::unique_ptr<BodyWriter>> EmbeddedStore::put_object(const std::string& bucket,
                                                              const std::string& key,
                                                              const ObjectMetadata& metadata,
                                                              const PutOptions& options) {
  TRY(const std::uint64_t era, era_of(bucket));
  TRY(auto file, new_file());
  auto commit = [this, bucket, era, key, metadata, options](
                    NewFile& written, const BodyDigests& digests) -> Result<ObjectInfo> {
    StoredObject object;
    object.file = written.name();
    object.info.key = key;
    object.info.size = digests.size;
    object.info.etag = to_hex(digests.raw.at(DigestAlgorithm::md5));
    object.info.metadata = metadata;
    if (options.checksum) {
      object.info.checksum =
          full_object_checksum(*options.checksum, digests.raw.at(*options.checksum));
    }
    return put_row(bucket, era, std::move(object), written, options.durable, options.condition);
  };
  std::set<DigestAlgorithm> checksums = options.compared;
  if (options.checksum) checksums.insert(*options.checksum);
  return std::make_unique<EmbeddedWriter>(std::move(file), std::move(checksums),
                                          options.durable || options_.durable, std::move(commit));
}

Result<StoredObject> EmbeddedStore::find(const std::string& bucket, const std::string& key,
                                         const std::optional<std::string>& version) {
  TRY(auto object, index_.find(bucket, key, version));
  if (!object) return no_such_key(bucket, key);
  if (object->info.delete_marker) {
    return failure(ErrorKind::conflict,
                   fmt::format("this version of s3://{}/{} is a delete marker", bucket, key));
  }
  return std::move(*object);
}

Result<std::unique_ptr<ObjectReader>> EmbeddedStore::open(const std::string& bucket,
                                                          const std::string& key) {
  return open_object(bucket, key);
}

Result<std::unique_ptr<BucketReader>> EmbeddedStore::open_object(
    const std::string& bucket, const std::string& key, const std::optional<std::string>& version) {
  // Opened under the lock: a file is unlinked only after its row has gone.
  const std::lock_guard lock(mutex_);
  TRY(StoredObject object, find(bucket, key, version));
  TRY(UniqueFd fd, files_.open_for_reading(object.file));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) {
    return failure(system_error(errno, "looking at a stored object"));
  }
  if (static_cast<std::uint64_t>(status.st_size) != object.info.size) {
    return failure(ErrorKind::data_corrupt,
                   fmt::format("the bytes of s3://{}/{} were damaged: {} of {} are there", bucket,
                               key, status.st_size, object.info.size));
  }
  return std::make_unique<EmbeddedReader>(std::move(object), std::move(fd));
}

Result<ObjectInfo> EmbeddedStore::head(const std::string& bucket, const std::string& key) {
  return describe(bucket, key, std::nullopt);
}

Result<ObjectInfo> EmbeddedStore::describe(const std::string& bucket, const std::string& key,
                                           const std::optional<std::string>& version) {
  const std::lock_guard lock(mutex_);
  TRY(StoredObject object, find(bucket, key, version));
  return std::move(object.info);
}

Result<void> EmbeddedStore::remove(const std::string& bucket, const std::string& key) {
  TRY_VOID(remove_all(bucket, {{.key = key}}));
  return {};
}

Result<std::vector<RemovedObject>> EmbeddedStore::remove_all(const std::string& bucket,
                                                             std::vector<ObjectRemoval> removals) {
  RemovedObjects removed;
  {
    const std::lock_guard lock(mutex_);
    for (ObjectRemoval& removal : removals) removal.time = clock_.now();
    TRY(removed, index_.remove(bucket, removals));
  }
  remove_files(removed.files);
  return std::move(removed.objects);
}

Result<std::optional<ObjectInfo>> EmbeddedStore::delete_marker(
    const std::string& bucket, const std::string& key, const std::optional<std::string>& version) {
  const std::lock_guard lock(mutex_);
  if (!version) return index_.delete_marker(bucket, key);
  TRY(auto object, index_.find(bucket, key, version));
  if (!object || !object->info.delete_marker) return std::nullopt;
  return std::move(object->info);
}

Result<ObjectInfo> EmbeddedStore::set_tags(const std::string& bucket, const std::string& key,
                                           const std::optional<std::string>& version,
                                           const std::map<std::string, std::string>& tags) {
  const std::lock_guard lock(mutex_);
  return index_.set_tags(bucket, key, version, tags);
}

Result<VersionListPage> EmbeddedStore::list_versions(const std::string& bucket,
                                                     const VersionListQuery& query) {
  const std::lock_guard lock(mutex_);
  return index_.list_versions(bucket, query);
}

Result<ObjectListPage> EmbeddedStore::list(const std::string& bucket,
                                           const ObjectListQuery& query) {
  const std::lock_guard lock(mutex_);
  return index_.list(bucket, query);
}

Result<void> EmbeddedStore::create_bucket(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return buckets_.create({name, clock_.now()});
}

Result<void> EmbeddedStore::delete_bucket(const std::string& name) {
  FileNames files;
  {
    const std::lock_guard lock(mutex_);
    TRY(files, buckets_.remove(name));
  }
  remove_files(files);
  return {};
}

Result<void> EmbeddedStore::clear() {
  FileNames files;
  {
    const std::lock_guard lock(mutex_);
    TRY(files, buckets_.clear(hidden_prefix));
    ++clears_;
  }
  remove_files(files);
  return {};
}

Result<Versioning> EmbeddedStore::versioning(const std::string& bucket) {
  const std::lock_guard lock(mutex_);
  return buckets_.versioning(bucket);
}

Result<void> EmbeddedStore::set_versioning(const std::string& bucket, Versioning versioning) {
  const std::lock_guard lock(mutex_);
  return buckets_.set_versioning(bucket, versioning);
}

Result<std::optional<std::string>> EmbeddedStore::setting(const std::string& bucket,
                                                          const std::string& name) {
  const std::lock_guard lock(mutex_);
  return buckets_.setting(bucket, name);
}

Result<void> EmbeddedStore::set_setting(const std::string& bucket, const std::string& name,
                                        const std::optional<std::string>& value) {
  const std::lock_guard lock(mutex_);
  return buckets_.set_setting(bucket, name, value);
}

Result<std::vector<BucketInfo>> EmbeddedStore::buckets() {
  const std::lock_guard lock(mutex_);
  return buckets_.all();
}

Result<ObjectInfo> EmbeddedStore::copy(const BucketReader& source, const std::string& bucket,
                                       const std::string& key, const CopyOptions& options) {
  TRY(const std::uint64_t era, era_of(bucket));
  if (source.is_changeable()) return copy_bytes(*this, source, bucket, key, options);
  StoredObject object;
  object.info = source.info();
  object.info.key = key;
  object.part_sizes = source.part_sizes();
  object.info.metadata = options.metadata;
  if (options.checksum &&
      (!object.info.checksum || object.info.checksum->algorithm != to_string(*options.checksum))) {
    TRY(const std::string raw, digest_of_file(source.fd(), object.info.size, *options.checksum));
    object.info.checksum = full_object_checksum(*options.checksum, raw);
  }
  object.file = ObjectFiles::new_name();
  {
    const std::lock_guard lock(mutex_);
    TRY_VOID(database_->announce(object.file));
  }
  NewFile file(*this, object.file, UniqueFd());
  TRY_VOID(files_.duplicate(source.fd(), object.info.size, object.file, options_.stop));
  TRY(UniqueFd fd, files_.open_for_reading(object.file));
  file.hold(std::move(fd));
  return put_row(bucket, era, std::move(object), file, options.durable, options.condition);
}

Result<std::optional<StoredObject>> EmbeddedStore::known_file(const std::string& bucket,
                                                              const std::string& key,
                                                              const std::string& identity) {
  const std::lock_guard lock(mutex_);
  return known_files_.find(bucket, key, identity);
}

Result<void> EmbeddedStore::remember_file(const std::string& bucket, const std::string& identity,
                                          const StoredObject& object) {
  const std::lock_guard lock(mutex_);
  return known_files_.remember(bucket, identity, object);
}

Result<void> EmbeddedStore::forget_file(const std::string& bucket, const std::string& key) {
  const std::lock_guard lock(mutex_);
  return known_files_.forget(bucket, key);
}

}  // namespace trainyard
