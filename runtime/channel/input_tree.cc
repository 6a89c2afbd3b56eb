#include "runtime/channel/input_tree.h"

#include <unordered_set>

#include "runtime/artifact/directory_tree.h"
#include "runtime/artifact/pack.h"
#include "runtime/channel/opt_ml.h"

namespace trainyard {
namespace {

std::string member_name(const std::string& absolute_path) {
  return absolute_path.substr(1);
}

class InputTreeWriter {
 public:
  InputTreeWriter(const InputTree& input, ObjectStore& store, TreeTarget& target,
                  const LogLine& log, std::stop_token stop)
      : input_(input), store_(store), target_(target), notices_(log), stop_(std::move(stop)) {}

  Result<void> write() {
    for (const char* path : {opt_ml::input, opt_ml::input_config}) TRY_VOID(add_directory(path));
    for (const auto& [name, content] : input_.config) {
      TRY_VOID(add_file(fmt::format("{}/{}", opt_ml::input_config, name), content));
    }
    TRY_VOID(add_directory(opt_ml::input_data));
    for (const auto& channel : input_.channels) TRY_VOID(add_channel(channel));
    for (const char* path :
         {opt_ml::model, opt_ml::output, opt_ml::output_data, opt_ml::output_metrics,
          opt_ml::output_metrics_sagemaker, opt_ml::output_profiler}) {
      TRY_VOID(add_directory(path));
    }
    return target_.finish();
  }

 private:
  Result<void> add_directory(const std::string& path) {
    return target_.add_directory(member_name(path), opt_ml::directory_mode, input_.time);
  }

  Result<void> add_file(const std::string& path, const std::string& content) {
    return target_.add_file(member_name(path), opt_ml::file_mode, input_.time, content);
  }

  Result<void> add_channel(const InputTree::Channel& channel) {
    const ChannelSource& source = channel.source;
    if (source.kind == ChannelSource::Kind::objects) {
      TRY_VOID(add_file(opt_ml::manifest(source.name), channel_manifest(source.uri, source.plan)));
    }
    if (!channel.with_data) return {};
    TRY_VOID(add_directory(opt_ml::channel(source.name)));
    if (source.kind == ChannelSource::Kind::objects) return add_objects(source);
    return add_tree(source);
  }

  Result<void> add_objects(const ChannelSource& source) {
    const std::string base = opt_ml::channel(source.name);
    std::unordered_set<std::string> made;
    for (const auto& object : source.plan.objects) {
      if (object.path.empty()) continue;
      TRY_VOID(add_parents(base, object, made));
      if (!object.directory) TRY_VOID(add_object(source, base + '/' + object.path, object.key));
    }
    return {};
  }

  // The Engine would make missing directories with modes of its own.
  Result<void> add_parents(const std::string& base, const PlannedObject& object,
                           std::unordered_set<std::string>& made) {
    for (std::size_t end = object.path.find('/'); end != std::string::npos;
         end = object.path.find('/', end + 1)) {
      if (made.insert(object.path.substr(0, end)).second) {
        TRY_VOID(add_directory(base + '/' + object.path.substr(0, end)));
      }
    }
    if (object.directory && made.insert(object.path).second) {
      TRY_VOID(add_directory(base + '/' + object.path));
    }
    return {};
  }

  Result<void> add_object(const ChannelSource& source, const std::string& path,
                          const std::string& key) {
    TRY(auto reader, store_.open(source.uri.bucket, key));
    TreeEntry entry;
    entry.path = member_name(path);
    entry.mode = opt_ml::file_mode;
    entry.mtime = to_milliseconds(reader->info().last_modified) / 1000;
    entry.size = reader->info().size;
    TRY_VOID(target_.begin(entry));
    return copy([&](std::span<std::byte> buffer) { return reader->read(buffer); });
  }

  Result<void> add_tree(const ChannelSource& source) {
    const std::string base = member_name(opt_ml::channel(source.name));
    DirectoryTree tree(source.path);
    for (;;) {
      if (stop_.stop_requested()) return stopped();
      TRY(auto entry, tree.next());
      if (!entry) return {};
      if (source.kind == ChannelSource::Kind::file) {
        entry->path = source.file_name;
        entry->type = TreeEntry::Type::file;
      }
      if (entry->path.empty() || !keeps(*entry)) continue;
      entry->mode = private_mode(*entry);
      entry->path = base + '/' + entry->path;
      if (entry->type == TreeEntry::Type::hardlink) {
        entry->link_target = base + '/' + entry->link_target;
      }
      TRY_VOID(target_.begin(*entry));
      TRY_VOID(copy([&](std::span<std::byte> buffer) { return tree.read(buffer); }));
    }
  }

  bool keeps(const TreeEntry& entry) {
    switch (entry.type) {
      case TreeEntry::Type::fifo:
      case TreeEntry::Type::device:
      case TreeEntry::Type::socket:
        notices_.add(fmt::format("{} is left out of the channel: it is {}", printable(entry.path),
                                 describe(entry.type)));
        return false;
      default:
        return true;
    }
  }

  template <typename Read>
  Result<void> copy(const Read& read) {
    for (;;) {
      if (stop_.stop_requested()) return stopped();
      TRY(const std::size_t count, read(std::span(buffer_)));
      if (count == 0) return {};
      TRY_VOID(target_.write(std::span(buffer_).first(count)));
    }
  }

  static tl::unexpected<Error> stopped() {
    return failure(ErrorKind::cancelled, "staging was stopped");
  }

  const InputTree& input_;
  ObjectStore& store_;
  TreeTarget& target_;
  Notices notices_;
  std::stop_token stop_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(stream_buffer_bytes);
};

}  // namespace

unsigned private_mode(const TreeEntry& entry) {
  if (entry.type == TreeEntry::Type::directory) return opt_ml::directory_mode;
  if (entry.type == TreeEntry::Type::symlink) return 0777;
  return opt_ml::file_mode | ((entry.mode & 0111U) != 0 ? 0111U : 0U);
}

Result<void> write_input_tree(const InputTree& input, ObjectStore& store, TreeTarget& target,
                              const LogLine& log, std::stop_token stop) {
  return InputTreeWriter(input, store, target, log, std::move(stop)).write();
}

}  // namespace trainyard
