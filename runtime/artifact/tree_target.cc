#include "runtime/artifact/tree_target.h"

#include "runtime/base/stream.h"

namespace trainyard {

Result<void> TreeTarget::add_directory(const std::string& path, unsigned mode, std::int64_t mtime) {
  TreeEntry entry;
  entry.path = path;
  entry.type = TreeEntry::Type::directory;
  entry.mode = mode;
  entry.mtime = mtime;
  return begin(entry);
}

Result<void> TreeTarget::add_file(const std::string& path, unsigned mode, std::int64_t mtime,
                                  std::string_view content) {
  TreeEntry entry;
  entry.path = path;
  entry.mode = mode;
  entry.mtime = mtime;
  entry.size = content.size();
  TRY_VOID(begin(entry));
  return write(as_bytes(content));
}

}  // namespace trainyard
