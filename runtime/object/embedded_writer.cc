#include "runtime/object/embedded_writer.h"

#include "runtime/object/embedded_store.h"

namespace trainyard {

namespace {

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

EmbeddedWriter::EmbeddedWriter(std::unique_ptr<NewFile> file,
                               const std::set<DigestAlgorithm>& checksums, Commit commit)
    : file_(std::move(file)), hashing_(with_md5(checksums)), commit_(std::move(commit)) {
}

Result<void> EmbeddedWriter::write(std::span<const std::byte> bytes) {
  if (digests_) return failure(ErrorKind::conflict, "the body has already ended");
  hashing_.update(bytes);
  size_ += bytes.size();
  FdSink sink(file_->fd());
  auto written = sink.write(bytes);
  if (!written) broken_ = true;
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
