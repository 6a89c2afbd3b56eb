#pragma once

// Reading members of a JSON value that may be anything: absent, null or of another type than
// expected gives the empty value, for one Engine leaves out what another sends as null.

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/engine/container_engine.h"

namespace trainyard {

// A member of any type; null when absent.
const nlohmann::json& member_at(const nlohmann::json& value, const char* name);
const nlohmann::json& object_at(const nlohmann::json& value, const char* name);
const nlohmann::json& array_at(const nlohmann::json& value, const char* name);
std::string text_at(const nlohmann::json& value, const char* name);
std::int64_t integer_at(const nlohmann::json& value, const char* name);
bool flag_at(const nlohmann::json& value, const char* name);
Labels labels_at(const nlohmann::json& value, const char* name);

}  // namespace trainyard
