#pragma once

// Writes XML answers. Any text is safe: what XML gives a meaning to is escaped, bytes that are not
// UTF-8 become U+FFFD.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::api {

class XmlWriter {
 public:
  // Control characters that XML 1.0 has no way to write.
  enum class Controls {
    referenced,  // &#x1; as S3 does it; clients that may meet such keys ask for encoding-type=url
    replaced,    // by U+FFFD, so that every reader can read the document
  };

  // Begins the document. An empty name space is left out.
  explicit XmlWriter(std::string_view root, std::string_view name_space = "",
                     Controls controls = Controls::referenced);

  // Opens an element; `close` ends the one that was opened last.
  void open(std::string_view name);
  void close();
  void text(std::string_view text);
  // An element that holds only text.
  void element(std::string_view name, std::string_view text);
  void element(std::string_view name, const char* text) { element(name, std::string_view(text)); }
  void element(std::string_view name, bool value) { element(name, value ? "true" : "false"); }
  void element(std::string_view name, std::uint64_t number) {
    element(name, std::to_string(number));
  }
  void element(std::string_view name, int number) { element(name, std::to_string(number)); }

  // Ends everything that is open.
  std::string finish();

 private:
  Controls controls_;
  std::string xml_;
  std::vector<std::string> open_;
};

}  // namespace trainyard::api
