#include "api/signature/canonical_request.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api/wire/uri.h"

namespace trainyard::api {

namespace {

// Decoded where it is proper; what is not stays as it is, and so does the signature's chance.
std::string decoded(std::string_view text) {
  return percent_decode(text).value_or(std::string(text));
}

// RFC 3986, 5.2.4, and empty segments left out.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool directory = false;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    directory = segment.size() < path.size() || segment == "." || segment == "..";
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") kept.push_back(segment);
  }
  const std::string joined = fmt::format("/{}", fmt::join(kept, "/"));
  return directory && !kept.empty() ? joined + "/" : joined;
}

// Trimmed, and runs of spaces as one.
void append_folded(std::string& out, std::string_view value) {
  bool space = false;
  bool begun = false;
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      space = begun;
      continue;
    }
    if (space) out += ' ';
    space = false;
    begun = true;
    out += c;
  }
}

}  // namespace

std::string canonical_path(std::string_view raw_path, PathForm form) {
  // Clients disagree about what needs an escape on the wire, but not about the canonical form.
  if (form == PathForm::of_s3) return percent_encode(decoded(raw_path), true);
  return percent_encode(without_dot_segments(raw_path), true);
}

std::string canonical_query(std::string_view raw_query, std::string_view left_out) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!raw_query.empty()) {
    const std::string_view field = raw_query.substr(0, raw_query.find('&'));
    raw_query.remove_prefix(std::min(raw_query.size(), field.size() + 1));
    if (field.empty()) continue;
    const auto canonical = [](std::string_view text) {
      std::string spaced(text);
      std::replace(spaced.begin(), spaced.end(), '+', ' ');
      return percent_encode(decoded(spaced), false);
    };
    const std::size_t equals = std::min(field.find('='), field.size());
    std::string name = canonical(field.substr(0, equals));
    if (name == left_out) continue;
    fields.emplace_back(std::move(name),
                        canonical(field.substr(std::min(equals + 1, field.size()))));
  }
  std::sort(fields.begin(), fields.end());
  std::string query;
  for (const auto& [name, value] : fields) {
    if (!query.empty()) query += '&';
    query.append(name).append("=").append(value);
  }
  return query;
}

std::string canonical_header_value(const Headers& headers, std::string_view name) {
  std::string value;
  for (const std::string_view field : headers.all(name)) {
    if (!value.empty()) value += ',';
    append_folded(value, field);
  }
  return value;
}

std::string canonical_request(const Request& request, const CanonicalForm& form) {
  std::string text =
      fmt::format("{}\n{}\n{}\n", request.method, canonical_path(request.path, form.path),
                  canonical_query(request.query, form.left_out));
  for (const std::string& name : form.signed_headers) {
    text += fmt::format("{}:{}\n", name, canonical_header_value(request.headers, name));
  }
  text += fmt::format("\n{}\n{}", fmt::join(form.signed_headers, ";"), form.payload_hash);
  return text;
}

}  // namespace trainyard::api
