#include "api/sagemaker/hold_rule.h"

#include <algorithm>

namespace trainyard::api {

namespace {

// An SDK that shows the log does not read it while it waits for this answer. It may in a job's
// first seconds, when there is little to show and many jobs end; not later.
constexpr std::chrono::seconds young{30};

std::string_view take_until(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

// "m/b,B,Z" among the words of the field.
bool names_waiter(std::string_view user_agent) {
  while (!user_agent.empty()) {
    std::string_view word = take_until(user_agent, ' ');
    if (!word.starts_with("m/")) continue;
    word.remove_prefix(2);
    while (!word.empty()) {
      if (take_until(word, ',') == "B") return true;
    }
  }
  return false;
}

}  // namespace

Asker asker_of(std::string_view user_agent) {
  if (names_waiter(user_agent)) return Asker::waiter;
  if (user_agent.find("AWS-SageMakerCore") != user_agent.npos) return Asker::sagemaker_core;
  if (user_agent.find("AWS-SageMaker-Python-SDK") != user_agent.npos) return Asker::sagemaker_sdk;
  return Asker::other;
}

std::optional<Hold> hold_of(const DescribeQuestion& question, std::chrono::milliseconds longest) {
  if (question.terminal) return std::nullopt;
  switch (question.asker) {
    case Asker::other:
      return std::nullopt;
    case Asker::waiter:
      return Hold{};
    case Asker::sagemaker_core:
      // TrainingJob.create asks before it returns, also where nobody wants to wait.
      if (question.first_after_creation) return std::nullopt;
      break;
    case Asker::sagemaker_sdk:
      break;
  }
  if (question.age >= young) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(young - question.age);
  return Hold{std::min(longest, left)};
}

}  // namespace trainyard::api
