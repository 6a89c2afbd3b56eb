#include "api/validation/path.h"

namespace trainyard::api {

std::string Path::in_message() const {
  std::string text;
  for (const Step& step : steps_) {
    if (!text.empty()) text += '.';
    if (step.member.empty()) {
      text += std::to_string(step.position) + ".member";
      continue;
    }
    const char first = step.member.front();
    text += first >= 'A' && first <= 'Z' ? static_cast<char>(first - 'A' + 'a') : first;
    text += step.member.substr(1);
  }
  return text;
}

std::string Path::in_table() const {
  std::string text;
  for (const Step& step : steps_) {
    if (step.member.empty()) {
      text += "[]";
      continue;
    }
    if (!text.empty()) text += '.';
    text += step.member;
  }
  return text;
}

}  // namespace trainyard::api
