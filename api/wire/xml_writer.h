#pragma once

// Writes XML answers. Any text is safe: what XML gives a meaning to is escaped, control characters
// become numeric references (also those that XML 1.0 does not know, as S3 does it; clients that may
// meet such keys ask for encoding-type=url), and bytes that are not UTF-8 become U+FFFD.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::api {

class XmlWriter {
 public:
  // Begins the document. An empty name space is left out.
  explicit XmlWriter(std::string_view root, std::string_view name_space = "");

  // Opens an element; `close` ends the one that was opened last. Names are literals.
  void open(const char* name);
  void close();
  void text(std::string_view text) { xml_ += escape(text); }
  // An element that holds only text.
  void element(const char* name, std::string_view text);
  void element(const char* name, const char* text) { element(name, std::string_view(text)); }
  void element(const char* name, bool value) { element(name, value ? "true" : "false"); }
  void element(const char* name, std::uint64_t number) { element(name, std::to_string(number)); }
  void element(const char* name, int number) { element(name, std::to_string(number)); }

  // Ends everything that is open.
  std::string finish();

  static std::string escape(std::string_view text);

 private:
  std::string xml_;
  std::vector<std::string> open_;
};

}  // namespace trainyard::api
