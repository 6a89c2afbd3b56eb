#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/log/log_store.h"
#include "runtime/store/log_catalog.h"

namespace trainyard {

// The group that holds the output of training jobs.
inline constexpr std::string_view training_log_group = "/aws/sagemaker/TrainingJobs";

// Log groups and streams with their events: a catalogue of names, and a store of events by the
// numbers that the catalogue gives. This class does what concerns both. Any thread.
class LogGroups {
 public:
  // Keeps everything below `directory`, which is made where it is missing; files that belong to no
  // stream are removed. `clock` must outlive it.
  static Result<std::unique_ptr<LogGroups>> open(
      const std::filesystem::path& directory, Clock& clock,
      std::chrono::milliseconds flush_interval = std::chrono::milliseconds(100));

  LogCatalog& catalog() { return *catalog_; }
  LogStore& store() { return store_; }

  // Both: conflict while a job writes to a stream that would go.
  Result<void> remove_group(const std::string& name);
  Result<void> remove_stream(const std::string& group, const std::string& name);

  // The writer of a job's log. The first time it makes the stream JOB/algo-1-SECONDS, and removes
  // those that earlier jobs of this name have left: their names would begin alike, and clients
  // expect one stream for each host.
  Result<std::shared_ptr<LogWriter>> open_job_log(std::int64_t job, const std::string& job_name);
  // Calls `on_line` for every line that is there; none when the job has no stream yet.
  Result<void> read_job_log(std::int64_t job,
                            const std::function<Result<void>(Time, std::string_view)>& on_line);

  // Removes everything, except streams that jobs write to and their group.
  Result<void> clear();

 private:
  LogGroups(std::unique_ptr<LogCatalog> catalog, const std::filesystem::path& directory,
            Clock& clock, std::chrono::milliseconds flush_interval);
  Result<LogStream> job_stream(std::int64_t job, const std::string& job_name);
  Result<LogGroup> training_group();
  Result<void> drop(const LogStream& stream);

  Clock& clock_;
  std::mutex change_;  // held while streams are made for jobs or removed
  std::unique_ptr<LogCatalog> catalog_;
  LogStore store_;
};

}  // namespace trainyard
