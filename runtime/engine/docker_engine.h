#pragma once

#include <memory>
#include <stop_token>

#include "runtime/engine/container_engine.h"
#include "runtime/engine/endpoint.h"

namespace trainyard {

// The Docker Engine at `endpoint`. Never blocks and needs no Engine: the first call connects. Once
// `abandon` is asked to stop, calls that take no stop token of their own are cancelled too.
std::unique_ptr<ContainerEngine> make_docker_engine(const EngineEndpoint& endpoint,
                                                    std::stop_token abandon = {});

}  // namespace trainyard
