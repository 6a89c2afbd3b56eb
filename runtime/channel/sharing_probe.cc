#include "runtime/channel/sharing_probe.h"

#include <fstream>
#include <random>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/artifact/archive_tree.h"
#include "runtime/artifact/directory_tree.h"

namespace trainyard {
namespace fs = std::filesystem;

namespace {

constexpr char probe_target[] = "/trainyard-probe";
constexpr std::size_t longest_sample = 64 * 1024;
constexpr int most_entries_looked_at = 10'000;
constexpr std::chrono::minutes uncertain_for{1};

// An error that says nothing about sharing: worth another try later.
bool is_passing(const Error& error) {
  return error.kind == ErrorKind::unavailable || error.kind == ErrorKind::cancelled ||
         error.kind == ErrorKind::timed_out;
}

std::string random_text() {
  std::random_device random;
  std::string text;
  for (int count = 0; count < 8; ++count) text += fmt::format("{:08x}", random());
  return text;
}

// Removes a directory of ours when the scope ends.
class ScopedDirectory {
 public:
  explicit ScopedDirectory(fs::path path) : path_(std::move(path)) {}
  ~ScopedDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScopedDirectory(const ScopedDirectory&) = delete;
  ScopedDirectory& operator=(const ScopedDirectory&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::optional<std::uint64_t> mount_id(const fs::path& path) {
  struct statx status{};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &status) != 0 ||
      (status.stx_mask & STATX_MNT_ID) == 0) {
    return std::nullopt;
  }
  return status.stx_mnt_id;
}

// An overlay shows only the file system of its lower directory, not what is mounted below it.
bool has_mounts_below(const fs::path& directory) {
  std::ifstream mounts("/proc/self/mountinfo");
  const std::string below = directory.string() + '/';
  std::string line;
  while (std::getline(mounts, line)) {
    // "36 35 98:0 /root /mount/point …", with \040 and the like for blanks.
    std::size_t begin = 0;
    for (int field = 0; field < 4; ++field) begin = line.find(' ', begin) + 1;
    const std::string point = line.substr(begin, line.find(' ', begin) - begin);
    std::string plain;
    for (std::size_t at = 0; at < point.size(); ++at) {
      if (point[at] == '\\' && at + 3 < point.size()) {
        plain += static_cast<char>(std::stoi(point.substr(at + 1, 3), nullptr, 8));
        at += 3;
      } else {
        plain += point[at];
      }
    }
    if (plain.starts_with(below)) return true;
  }
  return false;
}

struct Sample {
  std::string path;
  std::string content;
};

// A small file somewhere in the directory, by which its copy on the Engine's side is known.
Result<std::optional<Sample>> find_sample(const fs::path& directory) {
  DirectoryTree tree(directory);
  for (int count = 0; count < most_entries_looked_at; ++count) {
    TRY(auto entry, tree.next());
    if (!entry) break;
    if (entry->type != TreeEntry::Type::file || entry->size == 0 || entry->size > longest_sample) {
      continue;
    }
    Sample sample{entry->path, std::string(entry->size, '\0')};
    std::span<std::byte> rest = std::as_writable_bytes(std::span(sample.content));
    while (!rest.empty()) {
      TRY(const std::size_t length, tree.read(rest));
      rest = rest.subspan(length);
    }
    return sample;
  }
  return std::nullopt;
}

Result<std::string> read_single_file(std::unique_ptr<ByteSource> archive) {
  ArchiveTree tree(std::move(archive));
  TRY(auto entry, tree.next());
  std::string content;
  if (!entry || entry->type != TreeEntry::Type::file) return content;
  std::vector<std::byte> buffer(longest_sample);
  while (content.size() <= longest_sample) {
    TRY(const std::size_t count, tree.read(buffer));
    if (count == 0) break;
    content.append(as_text(std::span(buffer).first(count)));
  }
  return content;
}

}  // namespace

// Lays an overlay over `lower` in a container that never runs, and reads the file through it.
Result<bool> SharingProbe::reads_back(const std::string& lower, const std::string& name,
                                      const std::string& content, UpperAccess access,
                                      const std::string& image, const Labels& labels,
                                      std::stop_token stop) {
  TRY(const UpperVolume volume, create_upper_volume(engine_, unique_engine_name("probe"), labels));
  const auto read = [&]() -> Result<std::string> {
    TRY_VOID(make_upper_layers(engine_, volume, {"probe"}, access, image, labels, stop));
    TRY(const VolumeMount mount, overlay_mount(probe_target, lower, volume, "probe", labels));
    ContainerSpec spec;
    spec.name = unique_engine_name("probe");
    spec.image = image;
    spec.entrypoint = {"/never-started"};
    spec.command = std::vector<std::string>{};
    spec.labels = labels;
    spec.mounts.push_back(mount);
    TRY(const std::string id, engine_.create_container(spec));
    auto text = [&]() -> Result<std::string> {
      TRY(auto archive, engine_.get_archive(id, fmt::format("{}/{}", probe_target, name), stop));
      return read_single_file(std::move(archive));
    }();
    TRY_VOID(engine_.remove_container(id));
    return text;
  }();
  const auto removed = engine_.remove_volume(volume.name);
  TRY(const std::string text, read);
  TRY_VOID(removed);
  return text == content;
}

Result<Sharing> SharingProbe::try_scratch(const std::string& image, const Labels& labels,
                                          std::stop_token stop) {
  // The one name for all probes: what a daemon left that was killed goes with the next probe.
  const ScopedDirectory lower(scratch_ / ".probe");
  const std::string content = random_text();
  std::error_code code;
  fs::create_directory(lower.path(), code);
  if (code) return failure(system_error(code.value(), lower.path().string()));
  std::ofstream(lower.path() / "sample") << content;

  Sharing sharing;
  std::vector<UpperAccess> ways = {UpperAccess::helper};
  // Only root can write into the Engine's directories, and only where they are this machine's.
  if (::geteuid() == 0) ways.insert(ways.begin(), UpperAccess::direct);
  for (const UpperAccess access : ways) {
    auto found = reads_back(lower.path(), "sample", content, access, image, labels, stop);
    if (found && *found) {
      sharing.shared = true;
      sharing.access = access;
      return sharing;
    }
    if (!found && is_passing(found.error())) return failure(std::move(found).error());
    sharing.reason = found ? "the Engine sees other files than this machine's at the same paths"
                           : found.error().message;
    sharing.certain = found.has_value();
  }
  return sharing;
}

Result<Sharing> SharingProbe::probe(const std::string& image, const Labels& labels,
                                    std::stop_token stop) {
  const std::lock_guard probing(probing_);
  if (auto sharing = known()) return *sharing;
  TRY(const Sharing sharing, try_scratch(image, labels, stop));
  const std::lock_guard lock(mutex_);
  sharing_ = sharing;
  ask_again_ = sharing.certain ? no_deadline : clock_.now() + uncertain_for;
  return sharing;
}

std::optional<Sharing> SharingProbe::known() const {
  const std::lock_guard lock(mutex_);
  return clock_.now() < ask_again_ ? sharing_ : std::nullopt;
}

Result<std::optional<std::string>> SharingProbe::fault_of(const fs::path& directory,
                                                          const std::string& image,
                                                          const Labels& labels,
                                                          std::stop_token stop) {
  TRY(const Sharing sharing, probe(image, labels, stop));
  if (!sharing.shared) return sharing.reason;
  if (const auto fault = overlay_path_fault(directory)) return fault;
  if (has_mounts_below(directory)) return "other file systems are mounted below it";

  const std::lock_guard probing(probing_);
  const auto mount = mount_id(directory);
  if (mount && mount == mount_id(scratch_)) return std::nullopt;
  constexpr char separate[] = "the Engine does not see the same directory";
  if (mount) {
    const std::lock_guard lock(mutex_);
    if (const auto known = mounts_.find(*mount); known != mounts_.end()) {
      return known->second ? std::nullopt : std::optional<std::string>(separate);
    }
  }
  TRY(const auto sample, find_sample(directory));
  if (!sample) return "there is no small file by which the Engine's view could be checked";
  auto found =
      reads_back(directory, sample->path, sample->content, sharing.access, image, labels, stop);
  if (!found && is_passing(found.error())) return failure(std::move(found).error());
  if (mount && found) {
    const std::lock_guard lock(mutex_);
    mounts_[*mount] = *found;
  }
  if (found && *found) return std::nullopt;
  return found ? separate : found.error().message;
}

}  // namespace trainyard
