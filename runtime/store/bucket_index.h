#pragma once

// Buckets as rows, with what is set for each as a whole. See object_index.h for who locks and what
// becomes of FileNames.

#include <optional>
#include <string>
#include <vector>

#include "runtime/store/object_database.h"

namespace trainyard {

struct BucketInfo {
  std::string name;
  Time created{};
};

class BucketIndex {
 public:
  explicit BucketIndex(ObjectDatabase& database) : database_(database) {}

  Result<void> create(const BucketInfo& bucket);  // or ErrorKind::already_exists
  // ErrorKind::conflict when it holds objects or versions. Its unfinished uploads go with it.
  Result<FileNames> remove(const std::string& name);
  // Every bucket with all it holds. Those whose name begins with `kept` stay, without uploads and
  // settings.
  Result<FileNames> clear(std::string_view kept);
  Result<std::optional<BucketInfo>> find(const std::string& name);
  Result<std::vector<BucketInfo>> all();  // by name

  // These are ErrorKind::not_found when there is no such bucket.
  Result<Versioning> versioning(const std::string& bucket);
  Result<void> set_versioning(const std::string& bucket, Versioning versioning);
  // Texts that the API keeps with the bucket.
  Result<std::optional<std::string>> setting(const std::string& bucket, const std::string& name);
  Result<void> set_setting(const std::string& bucket, const std::string& name,
                           const std::optional<std::string>& value);

 private:
  ObjectDatabase& database_;
};

}  // namespace trainyard
