#include "runtime/object/embedded_writer.h"

#include <fcntl.h>

#include "runtime/object/embedded_store.h"

namespace trainyard {

namespace {

// Small enough that the disk is never idle, large enough for long writes.
constexpr std::uint64_t write_back_step = 16 * 1024 * 1024;

std::set<DigestAlgorithm> with_md5(std::set<DigestAlgorithm> algorithms) {
  algorithms.insert(DigestAlgorithm::md5);
  return algorithms;
}

}  // namespace

NewFile::NewFile(EmbeddedStore& store, std::string name, UniqueFd fd)
    : store_(store), name_(std::move(name)), fd_(std::move(fd)) {
}

NewFile::~NewFile() {
  fd_.reset();
  if (owned_) store_.remove_files({name_});
}

bool NewFile::unwanted() const {
  return store_.stop_token().stop_requested();
}

EmbeddedWriter::EmbeddedWriter(std::unique_ptr<NewFile> file, std::set<DigestAlgorithm> checksums,
                               bool durable, Commit commit)
    : file_(std::move(file)), hashing_(with_md5(std::move(checksums))), commit_(std::move(commit)) {
  if (durable) sent_to_disk_ = 0;
}

Result<void> EmbeddedWriter::write(std::span<const std::byte> bytes) {
  if (digests_) return failure(ErrorKind::conflict, "the body has already ended");
  if (file_->unwanted()) return stopped_writing();
  hashing_.update(bytes);
  size_ += bytes.size();
  FdSink sink(file_->fd());
  auto written = sink.write(bytes);
  if (!written) broken_ = true;
  if (sent_to_disk_ && size_ - *sent_to_disk_ >= write_back_step) {
    // Begins the writing, and does not wait for it: the sync at the end finds little left to do.
    ::sync_file_range(file_->fd(), static_cast<off64_t>(*sent_to_disk_),
                      static_cast<off64_t>(size_ - *sent_to_disk_), SYNC_FILE_RANGE_WRITE);
    sent_to_disk_ = size_;
  }
  return written;
}

const BodyDigests& EmbeddedWriter::finish() {
  if (!digests_) digests_ = BodyDigests{size_, hashing_.finish()};
  return *digests_;
}

Result<ObjectInfo> EmbeddedWriter::commit() {
  if (broken_) return failure(ErrorKind::conflict, "a write of this body has failed");
  finish();
  if (!file_) return failure(ErrorKind::conflict, "the object was already committed");
  const auto file = std::exchange(file_, nullptr);
  return commit_(*file, *digests_);
}

}  // namespace trainyard
