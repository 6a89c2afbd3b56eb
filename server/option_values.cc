#include "server/option_values.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>

#include "api/s3/bucket_name.h"
#include "runtime/base/stream.h"
#include "runtime/base/unique_fd.h"

namespace trainyard::server {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view digits = "0123456789";
constexpr std::string_view lower_letters = "abcdefghijklmnopqrstuvwxyz";

tl::unexpected<Error> wrong(std::string message) {
  return failure(ErrorKind::invalid_argument, std::move(message));
}

bool consists_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == text.npos;
}

// ASCII only, whatever the locale.
std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

template <typename Number>
std::optional<Number> to_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_address(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(family, text.c_str(), bytes.data()) == 1;
}

bool is_host_name(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789-._";
  return !text.empty() && text.size() <= 253 && consists_of(text, allowed);
}

bool is_bracketed_address(std::string_view text) {
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         is_address(AF_INET6, std::string(text.substr(1, text.size() - 2)));
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of(digits), text.size());
  const auto number = to_number<std::uint64_t>(text.substr(0, end));
  std::string unit = lower_case(text.substr(end));
  if (unit.size() > 1 && unit.ends_with("ib")) {
    unit.erase(unit.size() - 2);
  } else if (unit.size() > 1 && unit.back() == 'b') {
    unit.pop_back();
  }
  constexpr std::string_view units = "bkmgt";
  const std::size_t power = unit.empty() ? 0 : units.find(unit);
  if (!number || unit.size() > 1 || power == units.npos) {
    return wrong(fmt::format(
        "\"{}\" is not a size; write a whole number of bytes, or one with k, m, g or t, such as "
        "512m or 8g",
        text));
  }
  const unsigned shift = 10 * static_cast<unsigned>(power);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (*number > (most >> shift)) return wrong(fmt::format("\"{}\" is too large a size", text));
  return *number << shift;
}

Result<int> parse_integer(std::string_view text, int least, int most) {
  const auto number = to_number<int>(text);
  if (!number || *number < least || *number > most) {
    return wrong(fmt::format("\"{}\" is not a whole number from {} to {}", text, least, most));
  }
  return *number;
}

Result<std::chrono::seconds> parse_seconds(std::string_view text, int most) {
  const auto number = to_number<int>(text);
  if (!number || *number < 0 || *number > most) {
    return wrong(fmt::format("\"{}\" is not a whole number of seconds from 0 to {}", text, most));
  }
  return std::chrono::seconds(*number);
}

Result<bool> parse_boolean(std::string_view text) {
  const std::string lower = lower_case(text);
  if (lower == "true" || lower == "1" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "0" || lower == "no" || lower == "off") return false;
  return wrong(fmt::format("\"{}\" is neither true nor false", text));
}

Result<std::string> parse_network_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  const auto prefix =
      slash == text.npos ? std::nullopt : to_number<unsigned>(text.substr(slash + 1));
  in_addr bytes{};
  if (!prefix || *prefix < 8 || *prefix > 24 ||
      ::inet_pton(AF_INET, address.c_str(), &bytes) != 1) {
    return wrong(fmt::format(
        "\"{}\" is not an IPv4 network with a prefix of 8 to 24 bits, such as 10.213.0.0/16",
        text));
  }
  const std::uint32_t network = ntohl(bytes.s_addr) & (~std::uint32_t{0} << (32 - *prefix));
  if (network != ntohl(bytes.s_addr)) {
    bytes.s_addr = htonl(network);
    std::array<char, INET_ADDRSTRLEN> meant{};
    ::inet_ntop(AF_INET, &bytes, meant.data(), meant.size());
    return wrong(fmt::format("\"{}\" is an address inside a network; the network is {}/{}", text,
                             meant.data(), *prefix));
  }
  return std::string(text);
}

Result<std::pair<std::string, std::string>> parse_image_alias(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0 || equals + 1 == text.size()) {
    return wrong(fmt::format(
        "\"{}\" is not FROM=TO, the image that requests name and the one that runs in its place",
        text));
  }
  return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

Result<std::pair<std::string, std::string>> parse_variable(std::string_view text) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const bool good = equals != text.npos && !name.empty() && consists_of(name, letters) &&
                    digits.find(name.front()) == digits.npos;
  if (!good) {
    return wrong(fmt::format(
        "\"{}\" is not of the form NAME=VALUE, such as HTTPS_PROXY=http://proxy.example:3128",
        text));
  }
  return std::pair(std::string(name), std::string(text.substr(equals + 1)));
}

Result<std::string> read_certificates(const std::filesystem::path& file) {
  constexpr std::size_t most_bytes = 4 << 20;
  const UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor) return failure(system_error(errno, "open " + file.string()));
  FdSource source(descriptor.get());
  auto text = read_all(source, most_bytes);
  if (!text) return failure(text.error().kind, file.string() + ": " + text.error().message);
  if (text->find("-----BEGIN CERTIFICATE-----") == std::string::npos &&
      text->find("-----BEGIN TRUSTED CERTIFICATE-----") == std::string::npos) {
    return wrong(
        fmt::format("{} holds no certificate in PEM form, which begins with \"-----BEGIN "
                    "CERTIFICATE-----\"; openssl x509 -inform der converts others",
                    file.string()));
  }
  return text;
}

Result<std::string> parse_region(std::string_view text) {
  const std::size_t last_dash = text.rfind('-');
  const bool two_dashes = last_dash != text.npos && text.find('-') != last_dash;
  const bool right = two_dashes && text.size() <= 63 && last_dash + 1 < text.size() &&
                     consists_of(text.substr(last_dash + 1), digits) &&
                     consists_of(text.substr(0, last_dash), std::string(lower_letters) + "-") &&
                     text.front() != '-' && text.find("--") == text.npos;
  if (!right) return wrong(fmt::format("\"{}\" is not a region, such as us-east-1", text));
  return std::string(text);
}

Result<std::string> parse_account_id(std::string_view text) {
  if (text.size() != 12 || !consists_of(text, digits)) {
    return wrong(fmt::format(
        "\"{}\" is not an account id, which has twelve digits, such as 123456789012", text));
  }
  return std::string(text);
}

Result<std::string> parse_host_name(std::string_view text) {
  std::string host = lower_case(text);
  if (!is_host_name(host) && !is_bracketed_address(host)) {
    return wrong(fmt::format(
        "\"{}\" is not a host name; write it without scheme and port, such as trainyard.example",
        text));
  }
  return host;
}

Result<std::string> origin_text(std::string_view text) {
  std::string origin = lower_case(text);
  if (origin.ends_with('/')) origin.pop_back();
  std::string_view rest = origin;
  const std::size_t scheme = rest.starts_with("https://") ? 8 : rest.starts_with("http://") ? 7 : 0;
  rest.remove_prefix(scheme);
  bool right = scheme != 0 && (is_host_name(rest) || is_bracketed_address(rest));
  if (const std::size_t colon = rest.rfind(':'); scheme != 0 && !right && colon != rest.npos) {
    const std::string_view host = rest.substr(0, colon);
    const auto port = to_number<std::uint16_t>(rest.substr(colon + 1));
    right = port && *port != 0 && (is_host_name(host) || is_bracketed_address(host));
    // Browsers leave the scheme's own port out.
    if (right && *port == (scheme == 8 ? 443 : 80)) origin.resize(scheme + colon);
  }
  if (!right) {
    return wrong(fmt::format(
        "\"{}\" is not an origin; write scheme, host and port, such as http://localhost:8888",
        text));
  }
  return origin;
}

Result<fs::path> parse_directory(std::string_view text, const fs::path& current_directory) {
  if (text.empty()) return wrong("an empty text does not name a directory");
  std::error_code error;
  const fs::path path = current_directory / fs::path(text);
  fs::path canonical = fs::canonical(path, error);
  if (error || !fs::is_directory(canonical, error)) {
    return wrong(fmt::format("{} is not a directory that exists", path.string()));
  }
  return canonical;
}

Result<std::pair<std::string, fs::path>> parse_bucket(std::string_view text,
                                                      const fs::path& current_directory) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos) {
    return wrong(fmt::format("\"{}\" is not NAME=DIR, a bucket and the directory it serves", text));
  }
  const std::string_view name = text.substr(0, equals);
  if (!api::is_bucket_name(name)) {
    return wrong(
        fmt::format("\"{}\" cannot be a bucket's name, which is 3 to 63 lower case "
                    "letters, digits, dots and hyphens",
                    name));
  }
  TRY(fs::path directory, parse_directory(text.substr(equals + 1), current_directory));
  return std::pair(std::string(name), std::move(directory));
}

Result<LogLevel> parse_log_level(std::string_view text) {
  constexpr std::array<std::string_view, 4> names = {"debug", "info", "warning", "error"};
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) {
    return wrong(fmt::format("\"{}\" is none of debug, info, warning, error", text));
  }
  return static_cast<LogLevel>(found - names.begin());
}

}  // namespace trainyard::server
