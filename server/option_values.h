#pragma once

// Texts of options as values. Every error is invalid_argument and says what is wrong and what the
// right form is; which option it was is for the caller to add.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/result.h"
#include "server/options.h"

namespace trainyard::server {

// A whole number of bytes, or one with k, m, g or t (powers of 1024; "8g", "512m", "64kb").
Result<std::uint64_t> parse_size(std::string_view text);

Result<int> parse_integer(std::string_view text, int least, int most);
Result<std::chrono::seconds> parse_seconds(std::string_view text, int most);
Result<bool> parse_boolean(std::string_view text);

// An IPv4 network that /24s can be cut from: a prefix of 8 to 24 bits, no bits behind it.
Result<std::string> parse_network_cidr(std::string_view text);

// "FROM=TO", split at the first "=".
Result<std::pair<std::string, std::string>> parse_image_alias(std::string_view text);

// "NAME=VALUE" of an environment; the value may be empty.
Result<std::pair<std::string, std::string>> parse_variable(std::string_view text);

// The content of a file that holds certificates in PEM.
Result<std::string> read_certificates(const std::filesystem::path& file);

Result<std::string> parse_region(std::string_view text);
Result<std::string> parse_account_id(std::string_view text);

// A host name or address without scheme and port, in lower case.
Result<std::string> parse_host_name(std::string_view text);
// "http://host[:port]" as browsers send it: lower case, nothing behind the port.
Result<std::string> origin_text(std::string_view text);

// An existing directory, absolute and free of links and "..".
// "NAME=DIR": a bucket, and the directory that it serves.
Result<std::pair<std::string, std::filesystem::path>> parse_bucket(
    std::string_view text, const std::filesystem::path& current_directory);

Result<std::filesystem::path> parse_directory(std::string_view text,
                                              const std::filesystem::path& current_directory);

Result<LogLevel> parse_log_level(std::string_view text);

}  // namespace trainyard::server
