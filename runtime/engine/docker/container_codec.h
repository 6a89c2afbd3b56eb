#pragma once

// Containers in the Engine's words and in ours. Pure.

#include <nlohmann/json.hpp>

#include "runtime/engine/container_engine.h"

namespace trainyard {

// The body of a request that creates a container.
nlohmann::json encode_container(const ContainerSpec& spec);

// From the Engine's answer to an inspection.
ContainerState decode_container(const nlohmann::json& inspection);

}  // namespace trainyard
