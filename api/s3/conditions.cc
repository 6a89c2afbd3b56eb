#include "api/s3/conditions.h"

#include <algorithm>
#include <string>

#include "api/wire/http_date.h"
#include "api/wire/text.h"

namespace trainyard::api {

namespace {

bool lists_etag(std::string_view list, std::string_view etag) {
  bool found = false;
  for_each_item(list, [&](std::string_view item) {
    if (item.starts_with("W/")) item.remove_prefix(2);
    found = found || item == "*" || unquoted(item) == etag;
  });
  return found;
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
  const auto last = parse_number<std::uint64_t>(last_text);
  if (!last && !last_text.empty()) return whole;
  if (first_text.empty()) {
    if (!last) return whole;
    const std::uint64_t length = std::min(*last, size);
    if (length == 0) return {false, std::nullopt};
    return {true, ByteRange{size - length, length}};
  }
  const auto first = parse_number<std::uint64_t>(first_text);
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
