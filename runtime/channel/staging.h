#pragma once

// Lays a job's input out for its container: where the data comes from, how it gets under
// /opt/ml/input/data, and the archive with everything else of /opt/ml.
//
// Three ways, all private and writable for the container, and none ever changes a source:
// - volume: the bytes are streamed into the job's own input volume through the archive API. Works
//   wherever the Engine is.
// - overlay: a tree of hard links to the store's files (or the source directory itself) lies under
//   a private upper layer. Costs no bytes; needs an Engine that sees this machine's files.
// - copy: an overlay over a private copy.
//
// A job's order: stage, create the container with `mounts`, put `archive` at "/", run, collect,
// remove the container with its anonymous volumes, remove `volumes`, clean. What is laid under a
// mount must stay until the container is gone: the Engine mounts it again for every transfer.
//
// All members may be called from any thread, for different jobs at once.

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/artifact/notices.h"
#include "runtime/artifact/tree_target.h"
#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/channel/file_roots.h"
#include "runtime/channel/input_tree.h"
#include "runtime/channel/sharing_probe.h"
#include "runtime/engine/container_engine.h"
#include "runtime/job/job_options.h"
#include "runtime/job/job_spec.h"
#include "runtime/object/object_store.h"

namespace trainyard {

struct StagedInput {
  std::vector<VolumeMount> mounts;
  std::function<Result<void>(TreeTarget&)> write;  // the tree of /opt/ml; may be called again
  std::vector<std::string> volumes;                // named ones, to be removed after the container
  std::string method;  // for people: "volume", or "train: overlay, test: copy"
};

// Volume mounts of every job, each labelled and anonymous.
std::vector<VolumeMount> standard_mounts(const Labels& labels);

// Does the image's USER run as root?
bool runs_as_root(const ImageInfo& image);

class Stager {
 public:
  // Below these a channel goes into the volume when the choice is automatic: streaming it costs
  // less than what an overlay needs: a volume, two directories in it and one more mount.
  static constexpr std::uint64_t small_bytes = 64 << 20;
  static constexpr std::uint64_t small_files = 300;

  // `scratch` exists and is ours alone, best on the file system of the store's files. Everything
  // given must outlive the stager.
  Stager(ContainerEngine& engine, ObjectStore& store, const FileRoots& roots, Clock& clock,
         std::filesystem::path scratch, StagingMethod method);

  // Errors say what is wrong with which channel, in words for the user. Nothing stays behind then.
  // `log` may be called during the call and by `fill`.
  Result<StagedInput> stage(const JobSpec& spec, const ImageInfo& image, const Labels& labels,
                            LogLine log, std::stop_token stop);

  // Writes everything that no mount brings into a container that was created with the mounts and
  // not started: straight into its volumes where that is possible, else through the archive API.
  Result<void> fill(const std::string& container, const StagedInput& staged, std::stop_token stop);

  // Removes what lies in the scratch directory for a job; success when there is nothing. Never
  // follows a link.
  Result<void> clean(const std::string& job_name);

  // Removes what lies in the scratch directory for jobs that `may_remove` says are no more: what a
  // daemon left that was killed, or could not ask the Engine. Their containers must be gone.
  Result<void> sweep(const std::function<bool(const std::string& job_name)>& may_remove);

  SharingProbe& sharing() { return probe_; }

 private:
  class Run;

  ContainerEngine& engine_;
  ObjectStore& store_;
  const FileRoots& roots_;
  Clock& clock_;
  std::filesystem::path scratch_;
  StagingMethod method_;
  SharingProbe probe_;
};

}  // namespace trainyard
