#include "api/wire/xml_writer.h"

#include <fmt/format.h>

#include "api/wire/utf8.h"

namespace trainyard::api {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

// Whether XML 1.0 has no way to write the character.
bool is_forbidden(char32_t point) {
  const bool control = point < 0x20 && point != '\t' && point != '\n' && point != '\r';
  return control || point == 0xfffe || point == 0xffff;
}

}  // namespace

XmlWriter::XmlWriter(std::string_view root, std::string_view name_space, Controls controls)
    : controls_(controls) {
  xml_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<";
  xml_.append(root);
  if (!name_space.empty()) xml_.append(" xmlns=\"").append(name_space).append("\"");
  xml_ += '>';
  open_.emplace_back(root);
}

void XmlWriter::text(std::string_view text) {
  while (!text.empty()) {
    const std::string_view before = text;
    const auto point = take_code_point(text);
    if (!point || (is_forbidden(*point) && controls_ == Controls::replaced)) {
      xml_ += replacement;
    } else if (*point == '&') {
      xml_ += "&amp;";
    } else if (*point == '<') {
      xml_ += "&lt;";
    } else if (*point == '>') {
      xml_ += "&gt;";
    } else if (*point == '"') {
      xml_ += "&quot;";
    } else if (*point < 0x20 || *point == 0x7f || is_forbidden(*point)) {
      xml_ += fmt::format("&#x{:x};", static_cast<std::uint32_t>(*point));
    } else {
      xml_.append(before.substr(0, before.size() - text.size()));
    }
  }
}

void XmlWriter::open(std::string_view name) {
  xml_.append("<").append(name).append(">");
  open_.emplace_back(name);
}

void XmlWriter::close() {
  xml_.append("</").append(open_.back()).append(">");
  open_.pop_back();
}

void XmlWriter::element(std::string_view name, std::string_view text) {
  xml_.append("<").append(name).append(">");
  this->text(text);
  xml_.append("</").append(name).append(">");
}

std::string XmlWriter::finish() {
  while (!open_.empty()) close();
  return std::move(xml_);
}

}  // namespace trainyard::api
