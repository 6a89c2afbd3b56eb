#pragma once

// What `trainyard doctor` can only find out by trying it in the Engine. Everything that is made for
// it is removed again; nothing of an image runs.

#include <filesystem>
#include <optional>
#include <string>

#include "runtime/base/result.h"
#include "runtime/channel/sharing_probe.h"
#include "runtime/engine/container_engine.h"

namespace trainyard::server {

// Can the Engine lay an overlay over files of the data directory? Tried with any image that it has;
// nothing when it has none.
std::optional<Result<Sharing>> try_sharing(ContainerEngine& engine,
                                           const std::filesystem::path& data_directory);

// Where a job's container would reach the daemon, "10.213.4.1:4748".
Result<std::string> try_job_endpoint(ContainerEngine& engine, const std::string& network_cidr);

}  // namespace trainyard::server
