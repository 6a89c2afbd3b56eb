#pragma once

#include <memory>

#include "runtime/engine/container_engine.h"
#include "runtime/engine/endpoint.h"

namespace trainyard {

// The Docker Engine at `endpoint`. Never blocks and needs no Engine: the first call connects.
std::unique_ptr<ContainerEngine> make_docker_engine(const EngineEndpoint& endpoint);

}  // namespace trainyard
