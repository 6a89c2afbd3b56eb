#pragma once

// What is remembered of files that were written through a directory-backed bucket: metadata, tags,
// checksums and the MD5, none of which a file has. It holds for the file it was made for:
// `identity` is that of its content, and what was changed since by another way is not remembered
// any more.
//
// See object_index.h for who locks.

#include <optional>
#include <string>

#include "runtime/store/object_index.h"

namespace trainyard {

class FileIndex {
 public:
  explicit FileIndex(ObjectDatabase& database) : database_(database) {}

  Result<void> remember(const std::string& bucket, const std::string& identity,
                        const StoredObject& object);
  Result<std::optional<StoredObject>> find(const std::string& bucket, const std::string& key,
                                           const std::string& identity);
  Result<void> forget(const std::string& bucket, const std::string& key);

 private:
  ObjectDatabase& database_;
};

}  // namespace trainyard
