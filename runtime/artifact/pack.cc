#include "runtime/artifact/pack.h"

#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "runtime/artifact/tar_writer.h"

namespace trainyard {
namespace {

// tar into gzip into the caller's sink, made when the first entry comes.
struct Pipeline {
  Pipeline(ByteSink& below, const PackOptions& options)
      : gzip(below, options.workers, options.make_compressor), tar(gzip) {}
  GzipSink gzip;
  TarWriter tar;
};

Result<void> copy_content(TreeSource& tree, TarWriter& tar, std::vector<std::byte>& buffer,
                          const std::stop_token& stop) {
  for (;;) {
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "packing was stopped");
    TRY(const std::size_t count, tree.read(buffer));
    if (count == 0) return {};
    TRY_VOID(tar.write(std::span(buffer).first(count)));
  }
}

// Decides what of a tree goes into an archive.
class Filter {
 public:
  explicit Filter(Notices& notices) : notices_(notices) {}

  bool keeps(const TreeEntry& entry) {
    switch (entry.type) {
      case TreeEntry::Type::fifo:
      case TreeEntry::Type::device:
      case TreeEntry::Type::socket:
        skip(entry, describe(entry.type));
        return false;
      case TreeEntry::Type::hardlink:
        // Further names of something skipped (a FIFO can have several) would lead nowhere.
        if (!skipped_.contains(std::hash<std::string>()(entry.link_target))) return true;
        skip(entry, "another name of a skipped file");
        return false;
      default:
        return true;
    }
  }

 private:
  void skip(const TreeEntry& entry, const char* what) {
    skipped_.insert(std::hash<std::string>()(entry.path));
    notices_.add(
        fmt::format("{} is left out of the archive: it is {}", printable(entry.path), what));
  }

  Notices& notices_;
  std::unordered_set<std::size_t> skipped_;  // hashes: a hostile tree can have very long names
};

}  // namespace

const char* describe(TreeEntry::Type type) {
  switch (type) {
    case TreeEntry::Type::file:
      return "a file";
    case TreeEntry::Type::directory:
      return "a directory";
    case TreeEntry::Type::symlink:
      return "a symbolic link";
    case TreeEntry::Type::hardlink:
      return "a hard link";
    case TreeEntry::Type::fifo:
      return "a FIFO";
    case TreeEntry::Type::device:
      return "a device";
    case TreeEntry::Type::socket:
      return "a socket";
  }
  return "unknown";
}

Result<void> check_path_limit(const TreeEntry& entry, std::size_t path_limit) {
  if (path_limit == 0 || entry.type != TreeEntry::Type::directory ||
      entry.path.size() <= path_limit) {
    return {};
  }
  return failure(ErrorKind::unsupported,
                 fmt::format("the path of the directory {} is too long: files below it cannot be "
                             "read from the container; use shorter paths",
                             printable(entry.path)));
}

Result<std::uint64_t> pack_tree(TreeSource& tree, const SinkOpener& open, Notices& notices,
                                const PackOptions& options, std::stop_token stop) {
  TRY(auto root, tree.next());
  if (!root) return 0;
  if (root->type != TreeEntry::Type::directory) {
    notices.add(
        fmt::format("nothing is packed: instead of a directory there is {}", describe(root->type)));
    return 0;
  }
  Filter filter(notices);
  std::unique_ptr<Pipeline> pipeline;
  std::vector<std::byte> buffer(stream_buffer_bytes);
  std::uint64_t entries = 0;
  for (;;) {
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "packing was stopped");
    TRY(auto entry, tree.next());
    if (!entry) break;
    TRY_VOID(check_path_limit(*entry, options.path_limit));
    if (!filter.keeps(*entry)) continue;
    if (!pipeline) {
      TRY(ByteSink * below, open());
      pipeline = std::make_unique<Pipeline>(*below, options);
    }
    TRY_VOID(pipeline->tar.begin(*entry));
    TRY_VOID(copy_content(tree, pipeline->tar, buffer, stop));
    ++entries;
  }
  if (!pipeline) return 0;
  TRY_VOID(pipeline->tar.finish());
  TRY_VOID(pipeline->gzip.finish());
  return entries;
}

}  // namespace trainyard
