#pragma once

// How bytes get into the embedded store: into a file that nothing points to yet, hashed on the way,
// and from there into an object or a part of an upload. Used by one thread at a time; must not
// outlive the store.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "runtime/base/unique_fd.h"
#include "runtime/object/bucket_store.h"
#include "runtime/object/digest_set.h"

namespace trainyard {

class EmbeddedStore;

// Owns a new byte file until `release`; destroyed before, the file is removed.
class NewFile {
 public:
  NewFile(EmbeddedStore& store, std::string name, UniqueFd fd);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  const std::string& name() const { return name_; }
  int fd() const { return fd_.get(); }
  void hold(UniqueFd fd) { fd_ = std::move(fd); }
  void release() { owned_ = false; }
  bool unwanted() const;  // the store is being stopped

 private:
  EmbeddedStore& store_;
  std::string name_;
  UniqueFd fd_;
  bool owned_ = true;
};

// Writes one body. What commit means is up to whoever made the writer.
class EmbeddedWriter final : public BodyWriter {
 public:
  using Commit = std::function<Result<ObjectInfo>(NewFile&, const BodyDigests&)>;

  // `durable`: the commit will sync the file, so its bytes had better be on their way by then.
  EmbeddedWriter(std::unique_ptr<NewFile> file, std::set<DigestAlgorithm> checksums, bool durable,
                 Commit commit);

  Result<void> write(std::span<const std::byte> bytes) override;
  const BodyDigests& finish() override;
  Result<ObjectInfo> commit() override;

 private:
  std::unique_ptr<NewFile> file_;
  DigestSet hashing_;
  std::uint64_t size_ = 0;
  std::optional<std::uint64_t> sent_to_disk_;  // up to here; nothing unless durable
  std::optional<BodyDigests> digests_;
  Commit commit_;
  bool broken_ = false;
};

}  // namespace trainyard
