#pragma once

// Small things that header fields and parameters are read with. ASCII only, whatever the locale.

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace trainyard::api {

inline std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Without the spaces and tabs around it.
inline std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// An ETag as headers and documents carry it, without its quotes.
inline std::string_view unquoted(std::string_view etag) {
  const bool quoted = etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"');
  return quoted ? etag.substr(1, etag.size() - 2) : etag;
}

// The whole text as a decimal number; nothing when it is anything else, or too large.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || parsed != end) return std::nullopt;
  return number;
}

// Calls `use` with each item of a list that commas separate, trimmed, empty ones left out.
template <typename Use>
void for_each_item(std::string_view list, const Use& use) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view item = trimmed(list.substr(0, comma));
    if (!item.empty()) use(item);
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
  }
}

}  // namespace trainyard::api
