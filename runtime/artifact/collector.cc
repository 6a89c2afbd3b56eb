#include "runtime/artifact/collector.h"

#include <filesystem>
#include <system_error>

#include "runtime/artifact/container_files.h"
#include "runtime/artifact/pack.h"
#include "runtime/artifact/plain.h"
#include "runtime/channel/opt_ml.h"
#include "runtime/object/directory_store.h"
#include "runtime/object/object_uri.h"

namespace trainyard {
namespace {

constexpr std::size_t longest_failure_text = 4096;

class Collector {
 public:
  Collector(ContainerEngine& engine, const std::string& container,
            const ArtifactDestination& destination, const CollectOptions& options,
            const LogLine& log, std::stop_token stop)
      : files_(engine, container, stop),
        destination_(destination),
        options_(options),
        log_(log),
        stop_(std::move(stop)) {}

  Result<std::optional<std::string>> failure_text() {
    auto opened = files_.open(opt_ml::output_failure);
    if (!opened && opened.error().kind != ErrorKind::unavailable &&
        opened.error().kind != ErrorKind::cancelled) {
      // A link to itself, say: the Engine refuses to resolve it. No text, but no reason to fail.
      Notices(log_).add(
          fmt::format("{} is ignored: {}", opt_ml::output_failure, opened.error().message));
      return std::nullopt;
    }
    TRY(const auto tree, std::move(opened));
    if (!tree) return std::nullopt;
    TRY(auto entry, tree->next());
    if (!entry || entry->type != TreeEntry::Type::file) {
      Notices(log_).add(fmt::format("{} is ignored: it is {}", opt_ml::output_failure,
                                    entry ? describe(entry->type) : "gone"));
      return std::nullopt;
    }
    std::string text;
    std::vector<std::byte> buffer(longest_failure_text);
    while (text.size() < longest_failure_text) {
      TRY(const std::size_t count,
          tree->read(std::span(buffer).first(longest_failure_text - text.size())));
      if (count == 0) break;
      text.append(as_text(std::span(buffer).first(count)));
    }
    return text;
  }

  // Returns the number of entries stored. `archive` is the archive's name, `plain` the name below
  // which plain objects go.
  Result<std::uint64_t> directory(const std::string& path, const std::string& archive,
                                  const std::string& plain) {
    const auto hard_links =
        options_.compress ? DirectoryTree::HardLinks::kept : DirectoryTree::HardLinks::as_files;
    TRY(auto tree, files_.open(path, hard_links));
    if (!tree) return 0;
    Notices notices([&](const std::string& line) {
      if (log_) log_(fmt::format("{}: {}", path, line));
    });
    return options_.compress ? pack(*tree, archive, notices) : store(*tree, path, plain, notices);
  }

 private:
  Result<std::uint64_t> pack(TreeSource& tree, const std::string& name, Notices& notices) {
    std::unique_ptr<ObjectWriter> writer;
    const auto open_writer = [&]() -> Result<ByteSink*> {
      TRY(writer, destination_.store->put(destination_.bucket, join_key(destination_.prefix, name),
                                          {{{"content-type", "application/x-tar"}}, {}, {}}, true));
      return writer.get();
    };
    PackOptions options;
    options.workers = options_.gzip_workers;
    options.path_limit = files_.path_limit();
    TRY(const std::uint64_t entries, pack_tree(tree, open_writer, notices, options, stop_));
    if (writer) TRY_VOID(writer->commit());
    return entries;
  }

  Result<std::uint64_t> store(TreeSource& tree, const std::string& path, const std::string& name,
                              Notices& notices) {
    const PlainTarget target{*destination_.store, destination_.bucket,
                             join_key(destination_.prefix, name), destination_.s3_keys};
    PlainOptions options;
    options.path_limit = files_.path_limit();
    options.reopen = [&](const std::string& file) -> Result<std::unique_ptr<TreeSource>> {
      TRY(auto again, files_.open(path + '/' + file));
      if (again) return again;
      return failure(ErrorKind::not_found, fmt::format("{}/{} is gone", path, printable(file)));
    };
    return store_plain(tree, target, notices, options, stop_);
  }

  ContainerFiles files_;
  const ArtifactDestination& destination_;
  const CollectOptions& options_;
  const LogLine& log_;
  std::stop_token stop_;
};

}  // namespace

Result<ArtifactDestination> open_destination(const JobSpec& spec, ObjectStore& s3,
                                             const FileRoots& roots) {
  ArtifactDestination destination;
  destination.uri = output_prefix(spec);
  TRY(const ObjectUri base, parse_object_uri(spec.output_uri));
  if (base.scheme == ObjectUri::Scheme::s3) {
    TRY(const ObjectUri prefix, parse_object_uri(destination.uri));
    destination.store = &s3;
    destination.bucket = prefix.bucket;
    destination.prefix = prefix.path;
    return destination;
  }
  TRY(const std::filesystem::path directory, roots.resolve_output(base.path));
  std::error_code code;
  std::filesystem::create_directories(directory, code);
  if (code) return failure(system_error(code.value(), spec.output_uri));
  TRY(destination.owned, DirectoryStore::open(directory));
  destination.store = destination.owned.get();
  destination.prefix = join_key(spec.name, "output");
  destination.s3_keys = false;
  return destination;
}

CollectedArtifacts collect_artifacts(ContainerEngine& engine, const std::string& container,
                                     const ArtifactDestination& destination,
                                     const CollectOptions& options, const LogLine& log,
                                     std::stop_token stop) {
  Collector collector(engine, container, destination, options, log, std::move(stop));
  CollectedArtifacts result;
  const auto note = [&](const Error& error) {
    if (!result.error) result.error = error;
  };
  if (options.read_failure) {
    auto text = collector.failure_text();
    if (text) {
      result.failure_text = std::move(*text);
    } else {
      note(text.error());
    }
  }
  const auto collect = [&](const char* path, const char* archive, const char* plain,
                           std::uint64_t& count) {
    const auto entries = collector.directory(path, archive, plain);
    if (!entries) return note(entries.error());
    count = *entries;
    if (count > 0) result.stored.emplace_back(options.compress ? archive : plain);
  };
  collect(opt_ml::model, "model.tar.gz", "model", result.model_entries);
  collect(opt_ml::output_data, "output.tar.gz", "data", result.output_entries);
  return result;
}

}  // namespace trainyard
