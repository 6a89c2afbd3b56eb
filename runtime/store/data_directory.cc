#include "runtime/store/data_directory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/path.h"
#include "runtime/base/stream.h"
#include "runtime/store/small_file.h"

namespace trainyard {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t id_digits = 16;
constexpr std::size_t secret_digits = 64;

Result<void> make_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failure(system_error(errno, "create " + path.string()));
}

// Missing parents get the mode that the user's umask gives them, the directory itself 0700.
Result<void> make_root(const fs::path& root) {
  std::error_code error;
  if (root.has_parent_path()) fs::create_directories(root.parent_path(), error);
  if (error) {
    return failure(system_error(error.value(), "create " + root.parent_path().string()));
  }
  return make_directory(root);
}

// A wrong path must not turn somebody's home into a data directory.
Result<void> check_that_it_is_ours(const fs::path& root) {
  static const std::set<std::string> expected = {"id",      "secret",  "keys",      "lock",
                                                 "address", "logs",    "objects",   "scratch",
                                                 "sdk",     "jobs.db", "lost+found"};
  std::error_code error;
  if (fs::exists(root / "id", error)) return {};
  for (fs::directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (expected.contains(name.substr(0, name.find(fresh_file_mark)))) continue;
    return failure(ErrorKind::invalid_argument,
                   fmt::format("{} is not a data directory of Trainyard and is not empty (it holds "
                               "{}); name an empty or a new one",
                               root.string(), entry->path().filename().string()));
  }
  if (error) return failure(system_error(error.value(), "read " + root.string()));
  return {};
}

struct flock whole_file(short type) {
  struct flock range{};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  return range;
}

pid_t read_pid(const fs::path& path) {
  const auto text = read_small_file(path);
  pid_t pid = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), pid);
  return pid;
}

Error held_by_another(const fs::path& root, pid_t pid) {
  const std::string who = pid > 0 ? fmt::format("process {}", pid) : "another process";
  return {ErrorKind::conflict,
          fmt::format("another Trainyard runs in {} ({}); stop it, or choose another directory "
                      "with --data-dir",
                      root.string(), who)};
}

// A lock of the open file description: it goes with the process, however that ends, and others can
// ask for it without taking it.
Result<UniqueFd> take_lock(const fs::path& root) {
  const fs::path path = root / "lock";
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return failure(system_error(errno, "open " + path.string()));
  struct flock range = whole_file(F_WRLCK);
  if (::fcntl(file.get(), F_OFD_SETLK, &range) != 0) {
    if (errno == EAGAIN || errno == EACCES) return failure(held_by_another(root, read_pid(path)));
    return failure(system_error(errno, "lock " + path.string()));
  }
  if (::ftruncate(file.get(), 0) != 0) {
    return failure(system_error(errno, "truncate " + path.string()));
  }
  TRY_VOID(FdSink(file.get()).write(as_bytes(fmt::format("{}\n", ::getpid()))));
  return file;
}

Result<std::string> random_digits(std::size_t count) {
  std::vector<unsigned char> bytes(count / 2);
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return failure(system_error(errno, "read random bytes"));
  }
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

bool is_digits(std::string_view text, std::size_t count) {
  return text.size() == count && text.find_first_not_of("0123456789abcdef") == text.npos;
}

// What a small file holds for good: `count` random hexadecimal digits.
Result<std::string> read_or_make_digits(const fs::path& path, std::size_t count) {
  auto known = read_small_file(path);
  if (known && !is_digits(*known, count)) {
    return failure(ErrorKind::data_corrupt,
                   fmt::format("{} does not hold {} hexadecimal digits; put the right ones back, "
                               "or start with a new data directory",
                               path.string(), count));
  }
  if (known || known.error().kind != ErrorKind::not_found) return known;
  TRY(std::string digits, random_digits(count));
  TRY_VOID(replace_file(path, digits + "\n", true));
  return digits;
}

}  // namespace

fs::path keys_file(const fs::path& root) {
  return root / "keys";
}

fs::path sdk_directory(const fs::path& root) {
  return root / "sdk";
}

DataDirectory::DataDirectory(fs::path root, UniqueFd lock, std::string id, std::string secret)
    : root_(std::move(root)),
      lock_(std::move(lock)),
      id_(std::move(id)),
      secret_(std::move(secret)) {
}

DataDirectory::~DataDirectory() {
  if (lock_) withdraw_address();
}

Result<DataDirectory> DataDirectory::open(const fs::path& path) {
  std::error_code error;
  fs::path root = fs::absolute(path, error).lexically_normal();
  if (error) return failure(system_error(error.value(), "find " + path.string()));
  if (!root.has_filename()) root = root.parent_path();
  TRY_VOID(make_root(root));
  TRY_VOID(check_that_it_is_ours(root));
  if (::chmod(root.c_str(), 0700) != 0) {
    return failure(system_error(errno, "set the mode of " + root.string()));
  }
  TRY(UniqueFd lock, take_lock(root));
  TRY(std::string id, read_or_make_digits(root / "id", id_digits));
  TRY(std::string secret, read_or_make_digits(root / "secret", secret_digits));
  DataDirectory directory(std::move(root), std::move(lock), std::move(id), std::move(secret));
  directory.withdraw_address();  // of a daemon that was killed
  for (const fs::path& part : {directory.objects(), directory.logs(), directory.scratch()}) {
    TRY_VOID(make_directory(part));
  }
  return directory;
}

Result<void> DataDirectory::check_apart(const fs::path& directory) const {
  std::error_code error;
  const fs::path ours = fs::canonical(root_, error);
  if (error) return failure(system_error(error.value(), "find " + root_.string()));
  const fs::path other = fs::canonical(directory, error);
  if (error) return failure(system_error(error.value(), "find " + directory.string()));
  if (!lies_under(ours, other) && !lies_under(other, ours)) return {};
  return failure(ErrorKind::invalid_argument,
                 fmt::format("{} {} the data directory {}, whose keys and records jobs and clients "
                             "could then read and overwrite; choose another one, or another "
                             "--data-dir",
                             directory.string(), lies_under(ours, other) ? "contains" : "lies in",
                             ours.string()));
}

Result<void> DataDirectory::publish_address(std::string_view base_url) {
  // Means nothing once this process is gone, and the daemon is not ready until it is written.
  return replace_file(root_ / "address", fmt::format("{}\n", base_url), false);
}

void DataDirectory::withdraw_address() {
  ::unlink((root_ / "address").c_str());
}

Result<void> check_data_directory(const fs::path& root) {
  struct stat status{};
  if (::stat(root.c_str(), &status) != 0) {
    if (errno != ENOENT) return failure(system_error(errno, root.string()));
    fs::path nearest = root;
    while (nearest.has_relative_path() && ::access(nearest.c_str(), F_OK) != 0) {
      nearest = nearest.parent_path();
    }
    if (::access(nearest.c_str(), W_OK | X_OK) == 0) return {};
    return failure(system_error(
        errno, fmt::format("{} cannot be made in {}", root.string(), nearest.string())));
  }
  if (!S_ISDIR(status.st_mode)) {
    return failure(ErrorKind::invalid_argument, root.string() + " is not a directory");
  }
  if (::geteuid() != 0 && status.st_uid != ::geteuid()) {
    return failure(ErrorKind::permission_denied, root.string() + " belongs to another user");
  }
  return check_that_it_is_ours(root);
}

Result<std::string> read_address(const fs::path& root) {
  TRY(const auto holder, lock_holder(root));
  if (!holder) {
    return failure(ErrorKind::not_found,
                   fmt::format("no Trainyard runs in the data directory {}", root.string()));
  }
  auto address = read_small_file(root / "address");
  if (!address && address.error().kind == ErrorKind::not_found) {
    return failure(ErrorKind::not_found,
                   fmt::format("the Trainyard that runs in {} (process {}) does not answer "
                               "requests yet, or not any more",
                               root.string(), *holder));
  }
  return address;
}

Result<std::optional<pid_t>> lock_holder(const fs::path& root) {
  const fs::path path = root / "lock";
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) return failure(system_error(errno, "open " + path.string()));
  struct flock range = whole_file(F_RDLCK);
  if (::fcntl(file.get(), F_OFD_GETLK, &range) != 0) {
    return failure(system_error(errno, "look at the lock " + path.string()));
  }
  if (range.l_type == F_UNLCK) return std::nullopt;
  return read_pid(path);
}

}  // namespace trainyard
