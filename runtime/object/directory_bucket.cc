#include "runtime/object/directory_bucket.h"

#include "runtime/object/directory_path.h"
#include "runtime/object/object_files.h"
#include "runtime/store/version_id.h"

namespace trainyard {

namespace {

// A key that no file can have names nothing.
template <typename T>
Result<T> for_reading(Result<T> result) {
  if (!result && result.error().kind == ErrorKind::invalid_argument) {
    return failure(ErrorKind::not_found, std::move(result.error().message));
  }
  return result;
}

tl::unexpected<Error> cannot_be_file(const std::string& key, const Error& error) {
  if (error.kind == ErrorKind::permission_denied || error.kind == ErrorKind::limit_exceeded) {
    return failure(error);
  }
  return failure(ErrorKind::invalid_argument,
                 fmt::format("The key \"{}\" cannot be a file of the directory that this bucket "
                             "serves: {}",
                             key, error.message));
}

bool names_other_version(const std::optional<std::string>& version) {
  return version && *version != null_version;
}

class Reader final : public BucketReader {
 public:
  Reader(StoredObject object, std::unique_ptr<ObjectReader> file)
      : object_(std::move(object)), file_(std::move(file)) {}

  const ObjectInfo& info() const override { return object_.info; }
  const std::vector<std::uint64_t>& part_sizes() const override { return object_.part_sizes; }
  int fd() const override { return file_->fd(); }
  bool is_changeable() const override { return true; }
  Result<std::size_t> read(std::span<std::byte> buffer) override { return file_->read(buffer); }

 private:
  StoredObject object_;
  std::unique_ptr<ObjectReader> file_;
};

}  // namespace

class DirectoryBucket::Writer final : public BodyWriter {
 public:
  Writer(DirectoryBucket& bucket, std::string key, ObjectMetadata metadata, PutOptions options,
         std::unique_ptr<ObjectWriter> file)
      : bucket_(bucket),
        key_(std::move(key)),
        metadata_(std::move(metadata)),
        options_(std::move(options)),
        file_(std::move(file)),
        hashing_(algorithms(options_)) {}

  Result<void> write(std::span<const std::byte> bytes) override {
    if (digests_) return failure(ErrorKind::conflict, "the body has already ended");
    if (bucket_.home_.stop_token().stop_requested()) return stopped_writing();
    hashing_.update(bytes);
    size_ += bytes.size();
    return file_->write(bytes);
  }

  const BodyDigests& finish() override {
    if (!digests_) digests_ = BodyDigests{size_, hashing_.finish()};
    return *digests_;
  }

  Result<ObjectInfo> commit() override {
    finish();
    StoredObject object;
    object.info.key = key_;
    object.info.etag = to_hex(digests_->raw.at(DigestAlgorithm::md5));
    object.info.metadata = metadata_;
    if (options_.checksum) {
      object.info.checksum =
          full_object_checksum(*options_.checksum, digests_->raw.at(*options_.checksum));
    }
    return bucket_.commit(*file_, std::move(object), options_.condition);
  }

 private:
  static std::set<DigestAlgorithm> algorithms(const PutOptions& options) {
    std::set<DigestAlgorithm> all = options.compared;
    all.insert(DigestAlgorithm::md5);
    if (options.checksum) all.insert(*options.checksum);
    return all;
  }

  DirectoryBucket& bucket_;
  std::string key_;
  ObjectMetadata metadata_;
  PutOptions options_;
  std::unique_ptr<ObjectWriter> file_;
  DigestSet hashing_;
  std::uint64_t size_ = 0;
  std::optional<BodyDigests> digests_;
};

Result<std::unique_ptr<DirectoryBucket>> DirectoryBucket::open(
    const std::string& name, const std::filesystem::path& directory, EmbeddedStore& home) {
  TRY(auto files, DirectoryStore::open(directory));
  const std::string shadow = std::string(EmbeddedStore::hidden_prefix) + name;
  const auto created = home.create_bucket(shadow);
  if (!created && created.error().kind != ErrorKind::already_exists) {
    return failure(created.error());
  }
  return std::unique_ptr<DirectoryBucket>(new DirectoryBucket(shadow, std::move(files), home));
}

Result<StoredObject> DirectoryBucket::known(ObjectInfo seen) {
  TRY(auto remembered, home_.known_file(shadow_, seen.key, seen.etag));
  if (!remembered) {
    seen.metadata.headers.emplace("content-type", "binary/octet-stream");
    return StoredObject{std::move(seen), "", {}};
  }
  remembered->info.size = seen.size;
  remembered->info.last_modified = seen.last_modified;
  return std::move(*remembered);
}

Result<void> DirectoryBucket::check(const WriteCondition& condition, const std::string& key) {
  if (!condition.absent && !condition.etag) return {};
  const auto current = describe(shadow_, key, std::nullopt);
  if (!current && current.error().kind != ErrorKind::not_found) return failure(current.error());
  if (condition.etag && !current) {
    return failure(ErrorKind::not_found, "there is no object to be replaced");
  }
  if (current && (condition.absent || current->etag != *condition.etag)) {
    return failure(ErrorKind::already_exists, "another object is there");
  }
  return {};
}

Result<ObjectInfo> DirectoryBucket::commit(ObjectWriter& file, StoredObject object,
                                           const WriteCondition& condition) {
  const std::lock_guard lock(committing_);
  TRY_VOID(check(condition, object.info.key));
  const auto written = file.commit();
  if (!written) return cannot_be_file(object.info.key, written.error());
  object.info.size = written->size;
  object.info.last_modified = written->last_modified;
  TRY_VOID(home_.remember_file(shadow_, written->etag, object));
  return std::move(object.info);
}

Result<bool> DirectoryBucket::has_bucket(const std::string&) {
  return true;
}

Result<std::unique_ptr<ObjectWriter>> DirectoryBucket::put(const std::string& bucket,
                                                           const std::string& key,
                                                           const ObjectMetadata& metadata,
                                                           bool durable) {
  PutOptions options;
  options.durable = durable;
  return put_object(bucket, key, metadata, options);
}

Result<std::unique_ptr<ObjectReader>> DirectoryBucket::open(const std::string& bucket,
                                                            const std::string& key) {
  return open_object(bucket, key);
}

Result<ObjectInfo> DirectoryBucket::head(const std::string& bucket, const std::string& key) {
  return describe(bucket, key, std::nullopt);
}

Result<void> DirectoryBucket::remove(const std::string& bucket, const std::string& key) {
  TRY(auto removed, remove_all(bucket, {{.key = key}}));
  if (removed.front().error) return failure(std::move(*removed.front().error));
  return {};
}

Result<ObjectListPage> DirectoryBucket::list(const std::string& bucket,
                                             const ObjectListQuery& query) {
  TRY(ObjectListPage page, files_->list(bucket, query));
  for (ObjectInfo& object : page.objects) {
    TRY(StoredObject one, known(std::move(object)));
    object = std::move(one.info);
    object.metadata = {};
  }
  return page;
}

Result<Versioning> DirectoryBucket::versioning(const std::string&) {
  return Versioning::off;
}

Result<void> DirectoryBucket::set_versioning(const std::string&, Versioning) {
  return failure(ErrorKind::unsupported,
                 "This bucket serves a local directory, which keeps no versions of its files");
}

Result<std::optional<std::string>> DirectoryBucket::setting(const std::string&,
                                                            const std::string& name) {
  return home_.setting(shadow_, name);
}

Result<void> DirectoryBucket::set_setting(const std::string&, const std::string& name,
                                          const std::optional<std::string>& value) {
  return home_.set_setting(shadow_, name, value);
}

Result<std::unique_ptr<ObjectWriter>> DirectoryBucket::make_file(const std::string& bucket,
                                                                 const std::string& key,
                                                                 const ObjectMetadata& metadata,
                                                                 bool durable) {
  auto file = files_->put(bucket, key, metadata, durable || home_.is_durable());
  if (!file) return cannot_be_file(key, file.error());
  return file;
}

Result<std::unique_ptr<BodyWriter>> DirectoryBucket::put_object(const std::string& bucket,
                                                                const std::string& key,
                                                                const ObjectMetadata& metadata,
                                                                const PutOptions& options) {
  TRY(auto file, make_file(bucket, key, metadata, options.durable));
  return std::make_unique<Writer>(*this, key, metadata, options, std::move(file));
}

Result<ObjectInfo> DirectoryBucket::describe(const std::string& bucket, const std::string& key,
                                             const std::optional<std::string>& version) {
  TRY(const auto reader, open_object(bucket, key, version));
  return reader->info();
}

Result<std::unique_ptr<BucketReader>> DirectoryBucket::open_object(
    const std::string& bucket, const std::string& key, const std::optional<std::string>& version) {
  if (names_other_version(version)) {
    return failure(ErrorKind::not_found, "a directory keeps no versions of its files");
  }
  TRY(auto file, for_reading(files_->open(bucket, key)));
  TRY(StoredObject object, known(file->info()));
  return std::make_unique<Reader>(std::move(object), std::move(file));
}

Result<std::optional<ObjectInfo>> DirectoryBucket::delete_marker(
    const std::string&, const std::string&, const std::optional<std::string>&) {
  return std::nullopt;
}

Result<std::vector<RemovedObject>> DirectoryBucket::remove_all(
    const std::string& bucket, std::vector<ObjectRemoval> removals) {
  std::vector<RemovedObject> removed;
  for (const ObjectRemoval& removal : removals) {
    RemovedObject& one = removed.emplace_back();
    one.version = removal.version.value_or("");
    if (names_other_version(removal.version)) continue;
    const std::lock_guard lock(committing_);
    if (removal.etag) {
      const auto current = describe(bucket, removal.key, std::nullopt);
      one.condition_failed = !current || (*removal.etag != "*" && current->etag != *removal.etag);
      if (one.condition_failed) continue;
    }
    auto gone = for_reading(files_->remove(bucket, removal.key));
    if (!gone && gone.error().kind != ErrorKind::not_found) {
      one.error = std::move(gone.error());
      continue;
    }
    TRY_VOID(home_.forget_file(shadow_, removal.key));
  }
  return removed;
}

Result<ObjectInfo> DirectoryBucket::set_tags(const std::string& bucket, const std::string& key,
                                             const std::optional<std::string>& version,
                                             const std::map<std::string, std::string>& tags) {
  if (names_other_version(version)) {
    return failure(ErrorKind::not_found, "a directory keeps no versions of its files");
  }
  const std::lock_guard lock(committing_);
  TRY(const ObjectInfo seen, for_reading(files_->head(bucket, key)));
  TRY(StoredObject object, known(seen));
  object.info.metadata.tags = tags;
  TRY_VOID(home_.remember_file(shadow_, seen.etag, object));
  return std::move(object.info);
}

// Every object is its own only version.
Result<VersionListPage> DirectoryBucket::list_versions(const std::string& bucket,
                                                       const VersionListQuery& query) {
  TRY(ObjectListPage objects,
      list(bucket, {query.prefix, query.delimiter, query.key_marker, query.limit, true}));
  VersionListPage page;
  for (ObjectInfo& object : objects.objects) {
    object.version = null_version;
    page.versions.push_back({std::move(object), true});
  }
  page.common_prefixes = std::move(objects.common_prefixes);
  page.truncated = objects.next_start_after.has_value();
  page.next_key_marker = objects.next_start_after.value_or("");
  return page;
}

Result<ObjectInfo> DirectoryBucket::copy(const BucketReader& source, const std::string& bucket,
                                         const std::string& key, const CopyOptions& options) {
  return copy_bytes(*this, source, bucket, key, options);
}

Result<UploadInfo> DirectoryBucket::create_upload(const std::string&, const std::string& key,
                                                  const ObjectMetadata& metadata,
                                                  const std::string& checksum_algorithm,
                                                  const std::string& checksum_type) {
  if (const auto components = split_key(key); !components) {
    return cannot_be_file(key, components.error());
  }
  return home_.create_upload(shadow_, key, metadata, checksum_algorithm, checksum_type);
}

Result<UploadInfo> DirectoryBucket::upload(const std::string&, const std::string& key,
                                           const std::string& id) {
  return home_.upload(shadow_, key, id);
}

Result<UploadListPage> DirectoryBucket::uploads(const std::string&, const UploadListQuery& query) {
  return home_.uploads(shadow_, query);
}

Result<std::unique_ptr<BodyWriter>> DirectoryBucket::put_part(const UploadInfo& upload, int number,
                                                              std::set<DigestAlgorithm> compared) {
  return home_.put_part(upload, number, std::move(compared));
}

Result<std::vector<PartInfo>> DirectoryBucket::parts(const std::string& upload, int after,
                                                     std::size_t limit) {
  return home_.parts(upload, after, limit);
}

Result<void> DirectoryBucket::abort_upload(const std::string& upload) {
  return home_.abort_upload(upload);
}

Result<ObjectInfo> DirectoryBucket::complete_upload(const std::string& bucket,
                                                    const UploadInfo& upload,
                                                    const std::vector<PartInfo>& parts,
                                                    const WriteCondition& condition) {
  if (parts.empty()) return failure(ErrorKind::invalid_argument, "an upload without parts");
  return home_.complete_elsewhere(shadow_, upload,
                                  [&] { return join_parts(bucket, upload, parts, condition); });
}

Result<ObjectInfo> DirectoryBucket::join_parts(const std::string& bucket, const UploadInfo& upload,
                                               const std::vector<PartInfo>& parts,
                                               const WriteCondition& condition) {
  TRY(const auto file, make_file(bucket, upload.key, upload.metadata, false));
  StoredObject object;
  object.info.key = upload.key;
  object.info.etag = etag_of_parts(parts);
  object.info.metadata = upload.metadata;
  object.info.checksum = checksum_of_parts(upload, parts);
  for (const PartInfo& part : parts) {
    TRY(const UniqueFd stored, home_.open_part(part));
    FileRangeSource bytes(stored.get(), 0, part.size);
    TRY_VOID(copy_all(bytes, *file, home_.stop_token()));
    object.part_sizes.push_back(part.size);
  }
  return commit(*file, std::move(object), condition);
}

Result<std::optional<ObjectInfo>> DirectoryBucket::completed_upload(const std::string&,
                                                                    const std::string& key,
                                                                    const std::string& id) {
  return home_.completed_upload(shadow_, key, id);
}

}  // namespace trainyard
