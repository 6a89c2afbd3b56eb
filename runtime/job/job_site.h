#pragma once

#include <string>

#include "runtime/base/clock.h"
#include "runtime/channel/file_roots.h"
#include "runtime/channel/staging.h"
#include "runtime/engine/container_engine.h"
#include "runtime/engine/registry_login.h"
#include "runtime/job/job_options.h"
#include "runtime/job/network_pool.h"
#include "runtime/log/log_store.h"
#include "runtime/object/object_store.h"
#include "runtime/store/journal.h"

namespace trainyard {

// Everything that running a job works with; shared by all jobs of a daemon, owned by whoever made
// it, and outliving them.
struct JobSite {
  Clock& clock;
  ContainerEngine& engine;
  Journal& journal;
  ObjectStore& objects;    // what s3:// names
  const FileRoots& roots;  // what file:// may name
  LogStore& logs;
  Stager& stager;
  NetworkPool& networks;
  const JobOptions options;
  const std::string data_directory_id;
};

}  // namespace trainyard
