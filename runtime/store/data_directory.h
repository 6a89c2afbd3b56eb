#pragma once

// The daemon's data directory: everything it keeps, and the one place that knows what lies where.
//
//   id        sixteen hexadecimal digits, made at first use; the value of the label by which this
//             directory's containers, networks and volumes are told from everybody else's
//   secret    64 hexadecimal digits, made at first use, for nobody else to know: what keys of jobs
//             are made from
//   lock      held by the daemon that runs here; its content is that daemon's process id
//   address   base URL of the daemon that runs here, while it answers
//   keys      the account's own access key, for the daemon's user only
//   sdk/      what "trainyard env" writes for AWS's and SageMaker's client libraries
//   jobs.db   the journal
//   metrics.db  metrics that clients put and jobs print
//   objects/  the embedded object store
//   logs/     log groups and streams
//   scratch/  files of running jobs
//
// The directory itself is 0700, whatever it was before: files below it are readable to all, so that
// containers of any user can read them.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace trainyard {

// For those who do not own the directory: where these lie in `root`.
std::filesystem::path keys_file(const std::filesystem::path& root);
std::filesystem::path sdk_directory(const std::filesystem::path& root);

// Owns the lock. Move-only; used by one thread at a time.
class DataDirectory {
 public:
  // Makes what is missing and takes the lock. Errors: conflict when another daemon holds it (the
  // message names its process id), invalid_argument when `root` holds other people's files,
  // data_corrupt when the id is not one, permission_denied when the user may not write there.
  static Result<DataDirectory> open(const std::filesystem::path& root);

  DataDirectory(DataDirectory&&) = default;
  DataDirectory& operator=(DataDirectory&&) = delete;
  // Withdraws the address and gives the lock back.
  ~DataDirectory();

  const std::filesystem::path& root() const { return root_; }
  const std::string& id() const { return id_; }
  const std::string& secret() const { return secret_; }
  std::filesystem::path journal() const { return root_ / "jobs.db"; }
  std::filesystem::path metrics() const { return root_ / "metrics.db"; }
  std::filesystem::path objects() const { return root_ / "objects"; }
  std::filesystem::path logs() const { return root_ / "logs"; }
  std::filesystem::path scratch() const { return root_ / "scratch"; }
  std::filesystem::path keys() const { return keys_file(root_); }

  // invalid_argument when `directory` contains this one or lies in it: whoever may use its files
  // could read keys and overwrite the journal.
  Result<void> check_apart(const std::filesystem::path& directory) const;

  // Tells other processes of this machine under which base URL the daemon answers.
  Result<void> publish_address(std::string_view base_url);
  void withdraw_address();

 private:
  DataDirectory(std::filesystem::path root, UniqueFd lock, std::string id, std::string secret);

  std::filesystem::path root_;
  UniqueFd lock_;
  std::string id_;
  std::string secret_;
};

// The base URL of the daemon that runs in `root`; not_found when none does. Takes no lock.
Result<std::string> read_address(const std::filesystem::path& root);

// Whether `open` would find a place that it can use, lock aside. Changes nothing.
Result<void> check_data_directory(const std::filesystem::path& root);

// The process that holds the lock of `root`, if one does; 0 when it has not written its id yet.
// Takes no lock, and changes nothing.
Result<std::optional<pid_t>> lock_holder(const std::filesystem::path& root);

}  // namespace trainyard
