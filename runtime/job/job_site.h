#pragma once

#include <string>

#include "runtime/base/clock.h"
#include "runtime/channel/file_roots.h"
#include "runtime/channel/staging.h"
#include "runtime/engine/container_engine.h"
#include "runtime/engine/registry_login.h"
#include "runtime/job/job_endpoint.h"
#include "runtime/job/job_options.h"
#include "runtime/job/network_pool.h"
#include "runtime/job/trusted_roots.h"
#include "runtime/log/log_groups.h"
#include "runtime/object/object_store.h"
#include "runtime/store/journal.h"
#include "runtime/store/metric_store.h"

namespace trainyard {

// Everything that running a job works with; shared by all jobs of a daemon, owned by whoever made
// it, and outliving them.
struct JobSite {
  Clock& clock;
  ContainerEngine& engine;
  Journal& journal;
  ObjectStore& objects;    // what s3:// names
  const FileRoots& roots;  // what file:// may name
  LogGroups& logs;
  Stager& stager;
  NetworkPool& networks;
  MetricStore& metrics;
  const JobOptions options;
  const std::string data_directory_id;
  JobEndpoint* endpoint = nullptr;        // where containers reach the daemon; null: nowhere
  TrustedRoots* trusted_roots = nullptr;  // what containers trust; null: what their images do
};

}  // namespace trainyard
