#pragma once

// Lines for the user about things met on the way ("skipped … because …"). What is met may have been
// made by hostile code, so the number of lines is bounded. Used by one thread at a time.

#include <cstddef>
#include <functional>
#include <string>

namespace trainyard {

// Takes one line for the job's log, without its newline. May be empty.
using LogLine = std::function<void(const std::string&)>;

// Passes the first lines on and counts the rest; `finish` (or the destructor) says how many.
class Notices {
 public:
  static constexpr std::size_t line_limit = 100;

  explicit Notices(LogLine log) : log_(std::move(log)) {}
  ~Notices() { finish(); }
  Notices(const Notices&) = delete;
  Notices& operator=(const Notices&) = delete;

  void add(const std::string& line);
  void finish();

 private:
  LogLine log_;
  std::size_t count_ = 0;
};

// `name` as text that cannot disturb a line of log: control characters and bytes that are not UTF-8
// become \xNN, and what is very long is cut in the middle.
std::string printable(const std::string& name);

}  // namespace trainyard
