#include "runtime/channel/channel_source.h"

#include <system_error>

#include "runtime/artifact/directory_tree.h"
#include "runtime/channel/opt_ml.h"

namespace trainyard {
namespace fs = std::filesystem;

Result<ChannelSource> resolve_source(const ChannelSpec& channel, ObjectStore& store,
                                     const FileRoots& roots, std::stop_token stop) {
  ChannelSource source;
  source.name = channel.name;
  if (channel.name.empty() || channel.name == "." || channel.name == ".." ||
      channel.name.find('/') != std::string::npos) {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("a channel cannot be named \"{}\"", channel.name));
  }
  TRY(source.uri, parse_object_uri(channel.uri));
  if (source.uri.scheme == ObjectUri::Scheme::s3) {
    const std::size_t base_length = opt_ml::channel(channel.name).size();
    TRY(source.plan, plan_channel(store, source.uri, base_length, stop));
    return source;
  }
  TRY(source.path, roots.resolve(source.uri.path));
  std::error_code code;
  const fs::file_status status = fs::status(source.path, code);
  if (code) return failure(system_error(code.value(), channel.uri));
  if (fs::is_directory(status)) {
    source.kind = ChannelSource::Kind::directory;
  } else if (fs::is_regular_file(status)) {
    source.kind = ChannelSource::Kind::file;
    source.file_name = base_name(source.uri.path);
  } else {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("{} is neither a directory nor a file", channel.uri));
  }
  return source;
}

Result<bool> is_within(const ChannelSource& source, std::uint64_t bytes, std::uint64_t files) {
  if (source.kind == ChannelSource::Kind::objects) {
    return source.plan.bytes <= bytes && source.plan.objects.size() <= files;
  }
  DirectoryTree tree(source.path);
  std::uint64_t total_bytes = 0;
  std::uint64_t total_files = 0;
  for (;;) {
    TRY(auto entry, tree.next());
    if (!entry) return true;
    total_bytes += entry->size;
    ++total_files;
    if (total_bytes > bytes || total_files > files) return false;
  }
}

}  // namespace trainyard
