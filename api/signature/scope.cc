#include "api/signature/scope.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "api/signature/hmac.h"
#include "runtime/object/digest.h"

namespace trainyard::api {

namespace {

constexpr std::string_view terminator = "aws4_request";

// The decimal number in `text`, which holds nothing else.
std::optional<int> number(std::string_view text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const bool digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || std::from_chars(text.data(), end, value).ptr != end) return std::nullopt;
  return value;
}

// Cuts what stands behind the last slash off `text`.
std::optional<std::string> take_last(std::string_view& text) {
  const std::size_t slash = text.rfind('/');
  if (slash == text.npos) return std::nullopt;
  std::string part(text.substr(slash + 1));
  text = text.substr(0, slash);
  return part;
}

}  // namespace

std::string SignatureScope::text() const {
  return fmt::format("{}/{}/{}/{}", date, region, service, terminator);
}

std::optional<ScopedKey> parse_scoped_key(std::string_view credential) {
  const auto end = take_last(credential);
  if (!end || *end != terminator) return std::nullopt;
  auto service = take_last(credential);
  auto region = take_last(credential);
  auto date = take_last(credential);
  if (!service || !region || !date || credential.empty()) return std::nullopt;
  return ScopedKey{std::string(credential),
                   {std::move(*date), std::move(*region), std::move(*service)}};
}

std::string signing_key(std::string_view secret_access_key, const SignatureScope& scope) {
  std::string key = hmac_sha256("AWS4" + std::string(secret_access_key), scope.date);
  key = hmac_sha256(key, scope.region);
  key = hmac_sha256(key, scope.service);
  return hmac_sha256(key, terminator);
}

std::string sign_v4(std::string_view key, std::string_view text) {
  return to_hex(hmac_sha256(key, text));
}

std::string string_to_sign(std::string_view date_time, const SignatureScope& scope,
                           std::string_view canonical_request) {
  return fmt::format("{}\n{}\n{}\n{}", v4_algorithm, date_time, scope.text(),
                     sha256_hex(canonical_request));
}

std::optional<Time> parse_signature_time(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  constexpr std::array<std::pair<std::size_t, std::size_t>, 6> fields{
      {{0, 4}, {4, 2}, {6, 2}, {9, 2}, {11, 2}, {13, 2}}};
  std::array<int, 6> values{};
  for (std::size_t at = 0; at < fields.size(); ++at) {
    const auto value = number(text.substr(fields[at].first, fields[at].second));
    if (!value) return std::nullopt;
    values[at] = *value;
  }
  const std::chrono::year_month_day day{std::chrono::year(values[0]),
                                        std::chrono::month(static_cast<unsigned>(values[1])),
                                        std::chrono::day(static_cast<unsigned>(values[2]))};
  // What lies beyond them a Time cannot hold.
  const bool known_year = values[0] >= 1970 && values[0] < 2262;
  if (!day.ok() || !known_year || values[3] > 23 || values[4] > 59 || values[5] > 59) {
    return std::nullopt;
  }
  return Time(std::chrono::sys_days(day)) + std::chrono::hours(values[3]) +
         std::chrono::minutes(values[4]) + std::chrono::seconds(values[5]);
}

std::string to_signature_time(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace trainyard::api
