// The multipart half of EmbeddedStore: parts are byte files of their own, and become one file, the
// first part's, when the upload is completed.

#include <cerrno>

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "runtime/object/embedded_store.h"

namespace trainyard {

namespace {

std::optional<DigestAlgorithm> checksum_of(const UploadInfo& upload) {
  return parse_checksum_algorithm(upload.checksum_algorithm);
}

Result<void> cut(int fd, std::uint64_t size) {
  if (::ftruncate(fd, static_cast<off_t>(size)) == 0) return {};
  return failure(system_error(errno, "cutting a stored part to its size"));
}

}  // namespace

// Only one thread at a time puts the parts of an upload together; another one waits, and then finds
// the upload gone.
class EmbeddedStore::Completing {
 public:
  Completing(EmbeddedStore& store, std::string upload) : store_(store), upload_(std::move(upload)) {
    std::unique_lock lock(store_.mutex_);
    store_.completed_.wait(lock, [this] { return store_.completing_.insert(upload_).second; });
  }
  ~Completing() {
    {
      const std::lock_guard lock(store_.mutex_);
      store_.completing_.erase(upload_);
    }
    store_.completed_.notify_all();
  }
  Completing(const Completing&) = delete;
  Completing& operator=(const Completing&) = delete;

 private:
  EmbeddedStore& store_;
  std::string upload_;
};

Result<UploadInfo> EmbeddedStore::create_upload(const std::string& bucket, const std::string& key,
                                                const ObjectMetadata& metadata,
                                                const std::string& checksum_algorithm,
                                                const std::string& checksum_type) {
  UploadInfo upload{ObjectFiles::new_name(), key,          clock_.now(), metadata,
                    checksum_algorithm,      checksum_type};
  const auto algorithm = checksum_of(upload);
  if (algorithm && checksum_type == "FULL_OBJECT" && !is_combinable(*algorithm)) {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("a {} of a whole object cannot be made from those of its parts",
                               checksum_algorithm));
  }
  const std::lock_guard lock(mutex_);
  TRY_VOID(uploads_.create(bucket, upload));
  return upload;
}

Result<UploadInfo> EmbeddedStore::upload(const std::string& bucket, const std::string& key,
                                         const std::string& id) {
  const std::lock_guard lock(mutex_);
  TRY(auto found, uploads_.find(bucket, key, id));
  if (!found) return failure(ErrorKind::not_found, "upload " + id + " does not exist");
  return std::move(*found);
}

Result<UploadListPage> EmbeddedStore::uploads(const std::string& bucket,
                                              const UploadListQuery& query) {
  const std::lock_guard lock(mutex_);
  return uploads_.list(bucket, query);
}

Result<std::unique_ptr<BodyWriter>> EmbeddedStore::put_part(const UploadInfo& upload, int number,
                                                            std::set<DigestAlgorithm> compared) {
  TRY(auto file, new_file());
  const auto kept = checksum_of(upload);
  auto commit = [this, id = upload.id, number, kept](
                    NewFile& written, const BodyDigests& digests) -> Result<ObjectInfo> {
    if (options_.durable) TRY_VOID(make_durable(written));
    PartInfo part;
    part.number = number;
    part.size = digests.size;
    part.etag = to_hex(digests.raw.at(DigestAlgorithm::md5));
    part.file = written.name();
    ObjectInfo info;
    if (kept) {
      part.checksum = to_base64(digests.raw.at(*kept));
      info.checksum = ObjectChecksum{std::string(to_string(*kept)), part.checksum};
    }
    FileNames replaced;
    {
      const std::lock_guard lock(mutex_);
      part.last_modified = clock_.now();
      TRY(replaced, uploads_.put_part(id, part, options_.durable));
      written.release();
    }
    remove_files(replaced);
    info.size = part.size;
    info.etag = part.etag;
    info.last_modified = part.last_modified;
    return info;
  };
  if (kept) compared.insert(*kept);
  return std::make_unique<EmbeddedWriter>(std::move(file), std::move(compared), options_.durable,
                                          std::move(commit));
}

Result<std::vector<PartInfo>> EmbeddedStore::parts(const std::string& upload, int after,
                                                   std::size_t limit) {
  const std::lock_guard lock(mutex_);
  return uploads_.parts(upload, after, limit);
}

Result<void> EmbeddedStore::abort_upload(const std::string& upload) {
  FileNames files;
  {
    const Completing alone(*this, upload);
    const std::lock_guard lock(mutex_);
    TRY(files, uploads_.abort(upload));
  }
  remove_files(files);
  return {};
}

Result<UniqueFd> EmbeddedStore::open_part(const PartInfo& part) {
  auto fd = files_.open_for_reading(part.file);
  if (!fd && fd.error().kind == ErrorKind::not_found) {
    return failure(ErrorKind::conflict, fmt::format("part {} was replaced", part.number));
  }
  return fd;
}

// Appends all other parts to the file of the first. What was appended before the daemon was killed
// is cut off at the next try: the first part's row knows its size.
Result<std::string> EmbeddedStore::join_parts(const std::vector<PartInfo>& parts, bool durable) {
  const PartInfo& first = parts.front();
  TRY(const UniqueFd joined, files_.open_for_writing(first.file));
  TRY_VOID(cut(joined.get(), first.size));
  const auto append = [&]() -> Result<void> {
    std::uint64_t end = first.size;
    for (const PartInfo& part : std::span(parts).subspan(1)) {
      TRY(const UniqueFd next, files_.open_for_reading(part.file));
      TRY_VOID(append_file_range(next.get(), 0, part.size, joined.get(), end, options_.stop));
      end += part.size;
    }
    if (!durable) return {};
    TRY_VOID(sync_file(joined.get()));
    return files_.sync_directory(first.file);
  };
  if (auto appended = append(); !appended) {
    // A disk that is full has its room back.
    (void)cut(joined.get(), first.size);
    return failure(std::move(appended.error()));
  }
  return first.file;
}

Result<ObjectInfo> EmbeddedStore::complete_upload(const std::string& bucket,
                                                  const UploadInfo& upload,
                                                  const std::vector<PartInfo>& parts,
                                                  const WriteCondition& condition) {
  if (parts.empty()) return failure(ErrorKind::invalid_argument, "an upload without parts");
  StoredObject object;
  object.info.key = upload.key;
  object.info.etag = etag_of_parts(parts);
  object.info.metadata = upload.metadata;
  object.info.checksum = checksum_of_parts(upload, parts);
  for (const PartInfo& part : parts) {
    object.info.size += part.size;
    object.part_sizes.push_back(part.size);
  }
  FileNames files;
  {
    const Completing alone(*this, upload.id);
    // Who waited for another one to complete the same upload must not touch its file any more.
    TRY_VOID(EmbeddedStore::upload(bucket, upload.key, upload.id));
    auto joined = join_parts(parts, options_.durable);
    if (!joined) {
      Error error = std::move(joined.error());
      // The upload is there, so a missing file is that of a part which was replaced.
      if (error.kind == ErrorKind::not_found) error.kind = ErrorKind::conflict;
      return failure(std::move(error));
    }
    object.file = *joined;
    const std::lock_guard lock(mutex_);
    object.info.last_modified = from_milliseconds(to_milliseconds(clock_.now()));
    auto completed =
        uploads_.complete(bucket, upload.id, parts, object, options_.durable, condition);
    if (!completed) {
      if (const auto file = files_.open_for_writing(object.file)) {
        (void)cut(file->get(), parts.front().size);
      }
      return failure(std::move(completed.error()));
    }
    files = std::move(*completed);
  }
  remove_files(files);
  return std::move(object.info);
}

Result<ObjectInfo> EmbeddedStore::complete_elsewhere(
    const std::string& bucket, const UploadInfo& upload,
    const std::function<Result<ObjectInfo>()>& make) {
  ObjectInfo object;
  FileNames files;
  {
    const Completing alone(*this, upload.id);
    TRY_VOID(EmbeddedStore::upload(bucket, upload.key, upload.id));
    TRY(object, make());
    const std::lock_guard lock(mutex_);
    TRY(files, uploads_.complete_elsewhere(bucket, upload.id, object));
  }
  remove_files(files);
  return object;
}

Result<std::optional<ObjectInfo>> EmbeddedStore::completed_upload(const std::string& bucket,
                                                                  const std::string& key,
                                                                  const std::string& id) {
  const std::lock_guard lock(mutex_);
  return uploads_.completed(bucket, key, id);
}

}  // namespace trainyard
