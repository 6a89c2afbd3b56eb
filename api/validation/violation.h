#pragma once

// How a broken rule is told: in the service's own wording.

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/wire/aws_error.h"

namespace trainyard::api {

// A value inside a message: strings as they are, lists as [a, b], structures and maps as {a=b}, all
// cut after some hundred characters.
std::string value_in_message(const nlohmann::json& value);

// "Value '<value>' at '<path>' failed to satisfy constraint: <rule>"
std::string violation(const nlohmann::json& value, std::string_view path, std::string_view rule);
// "Value null at '<path>' failed to satisfy constraint: Member must not be null"
std::string missing_member(std::string_view path);

// All of them in one ValidationException: "2 validation errors detected: …; …". Of very many only
// the first are written out. There must be at least one.
AwsError validation_error(const std::vector<std::string>& violations);

}  // namespace trainyard::api
