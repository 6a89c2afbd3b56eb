#pragma once

#include <string>
#include <string_view>

namespace trainyard::api {

// Raw bytes (RFC 2104). Any thread.
std::string hmac_sha256(std::string_view key, std::string_view text);
// Only for signatures of the second version.
std::string hmac_sha1(std::string_view key, std::string_view text);

// SHA-256 in lower-case hexadecimal digits.
std::string sha256_hex(std::string_view text);
// What the above gives for no bytes at all.
inline constexpr std::string_view sha256_hex_of_nothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// Takes as long for texts that differ in their first byte as for equal ones.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace trainyard::api
