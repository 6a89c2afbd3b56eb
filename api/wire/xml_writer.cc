#include "api/wire/xml_writer.h"

#include <fmt/format.h>

#include "api/wire/utf8.h"

namespace trainyard::api {

std::string XmlWriter::escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    const auto point = take_code_point(text);
    if (!point) {
      escaped += "\xef\xbf\xbd";
    } else if (*point == '&') {
      escaped += "&amp;";
    } else if (*point == '<') {
      escaped += "&lt;";
    } else if (*point == '>') {
      escaped += "&gt;";
    } else if (*point == '"') {
      escaped += "&quot;";
    } else if (*point < 0x20 || *point == 0x7f || *point == 0xfffe || *point == 0xffff) {
      escaped += fmt::format("&#x{:x};", static_cast<std::uint32_t>(*point));
    } else {
      escaped.append(before.substr(0, before.size() - text.size()));
    }
  }
  return escaped;
}

XmlWriter::XmlWriter(std::string_view root, std::string_view name_space) {
  xml_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<";
  xml_.append(root);
  if (!name_space.empty()) xml_.append(" xmlns=\"").append(name_space).append("\"");
  xml_ += '>';
  open_.emplace_back(root);
}

void XmlWriter::open(const char* name) {
  xml_.append("<").append(name).append(">");
  open_.emplace_back(name);
}

void XmlWriter::close() {
  xml_.append("</").append(open_.back()).append(">");
  open_.pop_back();
}

void XmlWriter::element(const char* name, std::string_view text) {
  xml_.append("<").append(name).append(">");
  xml_.append(escape(text));
  xml_.append("</").append(name).append(">");
}

std::string XmlWriter::finish() {
  while (!open_.empty()) close();
  return std::move(xml_);
}

}  // namespace trainyard::api
