#pragma once

// Collects what a job left in its stopped container: /opt/ml/model as model.tar.gz and
// /opt/ml/output/data as output.tar.gz (each only when there is something in it), or both as plain
// objects, and the text of /opt/ml/output/failure. SageMaker's rules for output objects.
//
// Everything is read as a stream, and what the container wrote is hostile: nothing is followed, and
// a directory that was swapped for a link or a file gives nothing but a notice.

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/artifact/gzip_sink.h"
#include "runtime/artifact/notices.h"
#include "runtime/base/result.h"
#include "runtime/channel/file_roots.h"
#include "runtime/engine/container_engine.h"
#include "runtime/job/job_spec.h"
#include "runtime/object/object_store.h"

namespace trainyard {

// Where a job's results go, opened. Keys lie below `prefix`, "<…>/<job>/output".
struct ArtifactDestination {
  ObjectStore* store = nullptr;  // `owned`, or the store that was given
  std::unique_ptr<ObjectStore> owned;
  std::string bucket;
  std::string prefix;
  bool s3_keys = true;
  std::string uri;  // of the prefix, for people
};

// Resolves the job's output location: a bucket of `s3`, which must outlive the result, or a
// directory under `roots`, which is made when it is missing.
Result<ArtifactDestination> open_destination(const JobSpec& spec, ObjectStore& s3,
                                             const FileRoots& roots);

struct CollectOptions {
  bool compress = true;
  bool read_failure = true;  // is the failure file's text wanted?
  std::size_t gzip_workers = default_gzip_workers();
};

struct CollectedArtifacts {
  std::vector<std::string> stored;  // "model.tar.gz", "output.tar.gz"; or "model", "data"
  std::uint64_t model_entries = 0;
  std::uint64_t output_entries = 0;
  std::optional<std::string> failure_text;  // at most 4096 bytes of the failure file
  std::optional<Error> error;               // the first thing that could not be collected
};

// The failure file is read first and each directory is collected even when another one failed, so
// that the result is as complete as can be.
CollectedArtifacts collect_artifacts(ContainerEngine& engine, const std::string& container,
                                     const ArtifactDestination& destination,
                                     const CollectOptions& options, const LogLine& log,
                                     std::stop_token stop);

}  // namespace trainyard
