#pragma once

// The door to objects: what a job reads its channels from and writes its artifacts to. Embedded
// store, local directory and the in-memory fake pass the same contract tests. What only S3 itself
// needs (versions, multipart uploads, copies) belongs to BucketStore, not to this door.
//
// All members may be called from any thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/base/stream.h"

namespace trainyard {

// What S3 keeps with an object and gives back.
struct ObjectMetadata {
  std::map<std::string, std::string> headers;  // lower case: content-type, cache-control, …
  std::map<std::string, std::string> user;     // x-amz-meta-*, without the prefix, lower case
  std::map<std::string, std::string> tags;     // as they were given
};

// Algorithm is one of CRC32, CRC32C, CRC64NVME, SHA1, SHA256; value is base64 of the big-endian
// bytes (with "-N" for a composite of N parts).
struct ObjectChecksum {
  std::string algorithm;
  std::string value;
  std::string type = "FULL_OBJECT";  // or COMPOSITE

  friend bool operator==(const ObjectChecksum&, const ObjectChecksum&) = default;
};

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;  // without quotes
  Time last_modified{};
  ObjectMetadata metadata;  // empty in listings
  std::optional<ObjectChecksum> checksum;
  std::string version;         // "" in a bucket that never had versions
  bool delete_marker = false;  // a version that says there is no object; never seen by this door
};

struct ObjectListQuery {
  std::string prefix;
  std::string delimiter;    // empty: none
  std::string start_after;  // keys and common prefixes up to and with this are left out
  std::size_t limit = 1000;
  // What may not be read is passed by with a line in the log; otherwise the listing fails.
  bool leave_out_unreadable = false;
};

struct ObjectListPage {
  std::vector<ObjectInfo> objects;              // by key, bytewise
  std::vector<std::string> common_prefixes;     // likewise; both count toward the limit
  std::optional<std::string> next_start_after;  // present when there is more
};

// An object that is being written. It becomes visible, whole, when `commit` returns; one that is
// destroyed before leaves nothing.
class ObjectWriter : public ByteSink {
 public:
  virtual Result<ObjectInfo> commit() = 0;
};

// An open object: later writes to the key do not change what is read here.
class ObjectReader : public ByteSource {
 public:
  virtual const ObjectInfo& info() const = 0;
  // Where the bytes are a plain file of exactly this content: its descriptor, owned by the reader
  // (for sendfile, hard links by /proc/self/fd, pread). Otherwise -1.
  virtual int fd() const { return -1; }
  // Somebody else's file, which may be changed in place: no hard link of it is a copy.
  virtual bool is_changeable() const { return false; }
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Does the bucket exist? Stores without buckets say yes.
  virtual Result<bool> has_bucket(const std::string& bucket) = 0;
  // `durable`: the object survives a power cut once commit returned.
  virtual Result<std::unique_ptr<ObjectWriter>> put(const std::string& bucket,
                                                    const std::string& key,
                                                    const ObjectMetadata& metadata,
                                                    bool durable) = 0;
  virtual Result<std::unique_ptr<ObjectReader>> open(const std::string& bucket,
                                                     const std::string& key) = 0;
  virtual Result<ObjectInfo> head(const std::string& bucket, const std::string& key) = 0;
  // Success when there is no such key.
  virtual Result<void> remove(const std::string& bucket, const std::string& key) = 0;
  virtual Result<ObjectListPage> list(const std::string& bucket, const ObjectListQuery& query) = 0;
};

}  // namespace trainyard
