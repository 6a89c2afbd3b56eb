#include "runtime/engine/docker/log_tail.h"

#include <doctest/doctest.h>

using namespace trainyard;
using std::chrono::milliseconds;

namespace {

Time at(int milliseconds_since) {
  return Time(std::chrono::seconds(1'767'225'600)) + milliseconds(milliseconds_since);
}

}  // namespace

TEST_CASE("a log of which nothing was seen is read from where it was asked for") {
  const LogTail::Resume resume = LogTail().resume(at(5));
  CHECK(resume.since == at(5));
  CHECK(resume.seen == 0);
}

TEST_CASE("what was seen of the end of a log is counted from a moment before it") {
  LogTail tail;
  tail.note(at(10));
  tail.note(at(250));
  tail.note(at(240));  // the other stream's
  LogTail::Resume resume = tail.resume(Time{});
  CHECK(resume.since == at(0));
  CHECK(resume.seen == 3);
  // Asked for from within: what was seen is all from there on.
  resume = tail.resume(at(7));
  CHECK(resume.since == at(7));
  CHECK(resume.seen == 3);
}

TEST_CASE("only the end of a long log is remembered") {
  LogTail tail;
  for (int i = 0; i < 10'000; ++i) tail.note(at(i));
  const LogTail::Resume resume = tail.resume(Time{});
  CHECK(resume.since == at(8000));
  CHECK(resume.seen == 2000);
  tail.note(at(10));  // far too old to come into the end that is read again
  CHECK(tail.resume(Time{}).seen == 2000);
}
