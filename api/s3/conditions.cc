#include "api/s3/conditions.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "api/wire/http_date.h"

namespace trainyard::api {

namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::string_view unquoted(std::string_view etag) {
  const bool quoted = etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"');
  return quoted ? etag.substr(1, etag.size() - 2) : etag;
}

bool lists_etag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view one = trimmed(list.substr(0, comma));
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (unquoted(one) == etag) return true;
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || parsed != end) return std::nullopt;
  return number;
}

}  // namespace

ConditionOutcome check_conditions(const Headers& headers, std::string_view prefix,
                                  const ObjectInfo& object) {
  const auto header = [&](std::string_view name) {
    return headers.find(std::string(prefix) + std::string(name));
  };
  const auto date = [&](std::string_view name) {
    const auto text = header(name);
    return text ? parse_http_date(*text) : std::nullopt;
  };
  const Time modified = std::chrono::floor<std::chrono::seconds>(object.last_modified);
  if (const auto match = header("if-match")) {
    if (!lists_etag(*match, object.etag)) return ConditionOutcome::failed;
  } else if (const auto since = date("if-unmodified-since")) {
    if (modified > *since) return ConditionOutcome::failed;
  }
  if (const auto none_match = header("if-none-match")) {
    if (lists_etag(*none_match, object.etag)) return ConditionOutcome::not_modified;
  } else if (const auto since = date("if-modified-since")) {
    if (modified <= *since) return ConditionOutcome::not_modified;
  }
  return ConditionOutcome::holds;
}

std::optional<WriteCondition> write_condition(const Headers& headers) {
  WriteCondition condition;
  if (const auto none_match = headers.find("if-none-match")) {
    if (trimmed(*none_match) != "*") return std::nullopt;
    condition.absent = true;
  }
  if (const auto match = headers.find("if-match")) {
    const std::string_view etag = unquoted(trimmed(*match));
    if (condition.absent || etag == "*" || etag.find(',') != etag.npos) return std::nullopt;
    condition.etag = std::string(etag);
  }
  return condition;
}

RangeOutcome parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  const RangeOutcome whole;
  header = trimmed(header);
  if (!header.starts_with(unit)) return whole;
  header = trimmed(header.substr(unit.size()));
  const std::size_t dash = header.find('-');
  if (dash == header.npos || header.find(',') != header.npos) return whole;
  const std::string_view first_text = header.substr(0, dash);
  const std::string_view last_text = header.substr(dash + 1);
  const auto last = parse_number(last_text);
  if (!last && !last_text.empty()) return whole;
  if (first_text.empty()) {
    if (!last) return whole;
    const std::uint64_t length = std::min(*last, size);
    if (length == 0) return {false, std::nullopt};
    return {true, ByteRange{size - length, length}};
  }
  const auto first = parse_number(first_text);
  if (!first || (last && *last < *first)) return whole;
  if (*first >= size) return {false, std::nullopt};
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return {true, ByteRange{*first, end - *first + 1}};
}

bool range_is_current(const Headers& headers, const ObjectInfo& object) {
  const auto validator = headers.find("if-range");
  if (!validator) return true;
  if (const auto date = parse_http_date(*validator)) {
    return std::chrono::floor<std::chrono::seconds>(object.last_modified) <= *date;
  }
  return lists_etag(*validator, object.etag);
}

}  // namespace trainyard::api
