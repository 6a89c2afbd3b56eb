#include "runtime/artifact/plain.h"

#include <optional>

#include "runtime/artifact/pack.h"
#include "runtime/artifact/utf8.h"

namespace trainyard {
namespace {

class PlainWriter {
 public:
  PlainWriter(const PlainTarget& target, Notices& notices, const PlainOptions& options,
              std::stop_token stop)
      : target_(target), notices_(notices), options_(options), stop_(std::move(stop)) {}

  Result<void> add(TreeSource& tree, const TreeEntry& entry) {
    TRY_VOID(check_path_limit(entry, options_.path_limit));
    switch (entry.type) {
      case TreeEntry::Type::file:
        return store(tree, entry.path);
      case TreeEntry::Type::hardlink:
        return store_again(entry);
      case TreeEntry::Type::directory:
        return {};
      default:
        notices_.add(
            fmt::format("{} is not stored: it is {}", printable(entry.path), describe(entry.type)));
        return {};
    }
  }

  Result<std::uint64_t> finish() const {
    if (unnameable_ == 0) return stored_;
    return failure(ErrorKind::invalid_argument,
                   fmt::format("{} file{} could not be stored because the name is not UTF-8 or the "
                               "key would be longer than 1024 bytes: {}{}",
                               unnameable_, unnameable_ == 1 ? "" : "s", unnameable_names_,
                               unnameable_ > names_shown ? ", …" : ""));
  }

 private:
  static constexpr std::uint64_t names_shown = 5;
  static constexpr std::size_t longest_key = 1024;

  Result<void> store(TreeSource& tree, const std::string& path) {
    const std::string key = target_.prefix + '/' + path;
    if (target_.s3_keys && (key.size() > longest_key || !is_utf8(key))) {
      if (unnameable_ < names_shown) {
        unnameable_names_ += (unnameable_ == 0 ? "" : ", ") + printable(path);
      }
      ++unnameable_;
      return {};
    }
    TRY(auto writer, target_.store.put(target_.bucket, key, ObjectMetadata{}, true));
    for (;;) {
      if (stop_.stop_requested()) return failure(ErrorKind::cancelled, "storing was stopped");
      TRY(const std::size_t count, tree.read(buffer_));
      if (count == 0) break;
      TRY_VOID(writer->write(std::span(buffer_).first(count)));
    }
    TRY_VOID(writer->commit());
    ++stored_;
    return {};
  }

  // The content went by under the file's first name: it is read once more.
  Result<void> store_again(const TreeEntry& entry) {
    TRY(auto tree, options_.reopen(entry.path));
    TRY(auto file, tree->next());
    if (file && file->type == TreeEntry::Type::file) return store(*tree, entry.path);
    notices_.add(fmt::format("{} is not stored: it is {}", printable(entry.path),
                             file ? describe(file->type) : "gone"));
    return {};
  }

  const PlainTarget& target_;
  Notices& notices_;
  const PlainOptions& options_;
  std::stop_token stop_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(stream_buffer_bytes);
  std::uint64_t stored_ = 0;
  std::uint64_t unnameable_ = 0;
  std::string unnameable_names_;
};

}  // namespace

Result<std::uint64_t> store_plain(TreeSource& tree, const PlainTarget& target, Notices& notices,
                                  const PlainOptions& options, std::stop_token stop) {
  TRY(auto root, tree.next());
  if (!root) return 0;
  if (root->type != TreeEntry::Type::directory) {
    notices.add(
        fmt::format("nothing is stored: instead of a directory there is {}", describe(root->type)));
    return 0;
  }
  PlainWriter writer(target, notices, options, stop);
  for (;;) {
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "storing was stopped");
    TRY(auto entry, tree.next());
    if (!entry) return writer.finish();
    TRY_VOID(writer.add(tree, *entry));
  }
}

}  // namespace trainyard
