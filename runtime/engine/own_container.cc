#include "runtime/engine/own_container.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace trainyard {

namespace {

constexpr std::size_t id_length = 64;
constexpr std::size_t short_id_length = 12;
constexpr std::string_view hexadecimal = "0123456789abcdef";

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of(hexadecimal) == text.npos;
}

// The first run of exactly 64 hexadecimal digits, "" when there is none.
std::string id_in(std::string_view text) {
  while (!text.empty()) {
    const std::size_t begin = text.find_first_of(hexadecimal);
    if (begin == text.npos) return {};
    text.remove_prefix(begin);
    const std::size_t length = std::min(text.find_first_not_of(hexadecimal), text.size());
    if (length == id_length) return std::string(text.substr(0, length));
    text.remove_prefix(length);
  }
  return {};
}

template <typename Use>
void each_line(std::string_view text, const Use& use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string content_of(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

std::vector<std::string> own_container_candidates(std::string_view mountinfo,
                                                  std::string_view cgroup,
                                                  const std::string& host_name) {
  std::vector<std::string> candidates;
  const auto add = [&](const std::string& id) {
    if (!id.empty() && std::find(candidates.begin(), candidates.end(), id) == candidates.end()) {
      candidates.push_back(id);
    }
  };
  each_line(mountinfo, [&](std::string_view line) {
    for (const std::string_view point : {" /etc/hostname ", " /etc/hosts ", " /etc/resolv.conf "}) {
      if (line.find(point) != line.npos) add(id_in(line));
    }
  });
  each_line(cgroup, [&](std::string_view line) { add(id_in(line)); });
  if (host_name.size() == short_id_length && is_hexadecimal(host_name)) add(host_name);
  return candidates;
}

std::vector<std::string> own_container_candidates() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) name[0] = '\0';
  return own_container_candidates(content_of("/proc/self/mountinfo"),
                                  content_of("/proc/self/cgroup"), name.data());
}

}  // namespace trainyard
