#include "api/wire/form_reader.h"

#include <algorithm>
#include <cstring>

#include "api/wire/text.h"

namespace trainyard::api {

namespace {

constexpr std::size_t longest_boundary = 70;
constexpr std::size_t read_step = 16 * 1024;

tl::unexpected<Error> malformed(const char* what) {
  return failure(ErrorKind::invalid_argument, what);
}

// The value of a parameter such as name="file", of a header field's value.
std::optional<std::string> parameter(std::string_view value, std::string_view name) {
  for (std::size_t at = value.find(';'); at != value.npos;) {
    std::string_view rest = trimmed(value.substr(at + 1));
    const std::size_t equals = rest.find('=');
    if (equals == rest.npos) return std::nullopt;
    const bool wanted = to_lower(trimmed(rest.substr(0, equals))) == name;
    rest.remove_prefix(equals + 1);
    std::string text;
    std::size_t end = 0;
    if (rest.starts_with('"')) {
      for (end = 1; end < rest.size() && rest[end] != '"'; ++end) {
        // Browsers write a quote as %22 today; older ones put a backslash before it.
        if (rest[end] == '\\' && end + 1 < rest.size() && rest[end + 1] == '"') ++end;
        text += rest[end];
      }
      end = rest.find(';', end);
    } else {
      end = rest.find(';');
      text = trimmed(rest.substr(0, end));
    }
    if (wanted) return text;
    at = end == rest.npos ? value.npos : static_cast<std::size_t>(rest.data() - value.data()) + end;
  }
  return std::nullopt;
}

}  // namespace

FormReader::FormReader(ByteSource& body, std::string_view boundary)
    : body_(body), delimiter_("\r\n--" + std::string(boundary)) {
  // So that the first part begins like all others.
  pending_ = "\r\n";
}

std::optional<std::string> FormReader::boundary_of(std::string_view content_type) {
  if (!to_lower(content_type).starts_with("multipart/form-data")) return std::nullopt;
  auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > longest_boundary) return std::nullopt;
  return boundary;
}

Result<bool> FormReader::fill() {
  const std::size_t size = pending_.size();
  pending_.resize(size + read_step);
  const auto count = body_.read(std::as_writable_bytes(std::span(pending_)).subspan(size));
  pending_.resize(size + count.value_or(0));
  if (!count) return failure(count.error());
  return *count > 0;
}

// What stands before the mark, which is taken too.
Result<std::string> FormReader::take_until(std::string_view mark) {
  for (;;) {
    const std::size_t at = pending_.find(mark);
    if (std::min(at, pending_.size()) > left_ + mark.size()) {
      return failure(ErrorKind::limit_exceeded, "the fields of the form are too long");
    }
    if (at != pending_.npos) {
      left_ -= std::min(left_, at + mark.size());
      std::string text = pending_.substr(0, at);
      pending_.erase(0, at + mark.size());
      return text;
    }
    TRY(const bool more, fill());
    if (!more) return malformed("the form ends too early");
  }
}

// Behind a delimiter: the end of the form, or the head of a part.
Result<std::optional<FormReader::PartHead>> FormReader::next_part() {
  const Result<std::string> line = take_until("\r\n");
  if (!line) return failure(line.error());
  if (line->starts_with("--")) return std::nullopt;
  if (!trimmed(*line).empty()) return malformed("a boundary of the form is malformed");
  PartHead head;
  for (bool named = false;;) {
    TRY(const std::string field, take_until("\r\n"));
    if (field.empty()) {
      if (!named) return malformed("a part of the form has no name");
      return head;
    }
    const std::size_t colon = field.find(':');
    if (colon == field.npos) return malformed("a part of the form has a malformed head");
    if (to_lower(field.substr(0, colon)) != "content-disposition") continue;
    const std::string_view value = std::string_view(field).substr(colon + 1);
    auto name = parameter(value, "name");
    if (!name) return malformed("a part of the form has no name");
    head.name = std::move(*name);
    head.file_name = parameter(value, "filename");
    named = true;
  }
}

Result<std::vector<FormReader::Field>> FormReader::read_fields(std::size_t most) {
  std::vector<Field> fields;
  left_ = most;
  TRY(const std::string preamble, take_until(delimiter_));
  for (;;) {
    // A form may end with "--" and nothing behind it.
    while (pending_.size() < 4) {
      TRY(const bool more, fill());
      if (!more) break;
    }
    if (pending_.starts_with("--")) return fields;
    TRY(auto head, next_part());
    if (!head) return fields;
    if (head->name == "file") {
      in_file_ = true;
      file_name_ = head->file_name.value_or("");
      return fields;
    }
    TRY(std::string value, take_until(delimiter_));
    fields.push_back({std::move(head->name), std::move(value)});
  }
}

Result<std::size_t> FormReader::read(std::span<std::byte> buffer) {
  if (file_ended_ || !in_file_) {
    // What is behind the file says nothing.
    for (bool more = true; more;) {
      pending_.clear();
      TRY(more, fill());
    }
    return std::size_t{0};
  }
  for (;;) {
    const std::size_t at = pending_.find(delimiter_);
    // The end of what is pending may be the beginning of the delimiter.
    const std::size_t safe =
        at != pending_.npos ? at : pending_.size() - std::min(pending_.size(), delimiter_.size());
    if (safe > 0) {
      const std::size_t count = std::min(safe, buffer.size());
      std::memcpy(buffer.data(), pending_.data(), count);
      pending_.erase(0, count);
      return count;
    }
    if (at == 0) {
      file_ended_ = true;
      return read(buffer);
    }
    TRY(const bool more, fill());
    if (!more) return failure(ErrorKind::data_corrupt, "the form ends within its file");
  }
}

}  // namespace trainyard::api
