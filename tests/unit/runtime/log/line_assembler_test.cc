#include "runtime/log/line_assembler.h"

#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace trainyard {

namespace {

using Stream = LogFrame::Stream;

struct Recorded {
  Stream stream;
  Time time;
  std::string bytes;
};

using Lines = std::vector<std::pair<std::string, std::string>>;  // stream's first letter, line

Time at(int milliseconds) {
  return from_milliseconds(1'700'000'000'000 + milliseconds);
}

LogFrame frame_of(const Recorded& recorded) {
  return {recorded.stream, recorded.time, recorded.bytes};
}

// What the Engine would send to one who asks for everything since `since`.
std::vector<Recorded> since(const std::vector<Recorded>& frames, Time since) {
  std::vector<Recorded> result;
  for (const Recorded& frame : frames) {
    if (frame.time >= since) result.push_back(frame);
  }
  return result;
}

std::vector<std::string> assemble(LineAssembler& assembler, const std::vector<Recorded>& frames,
                                  std::size_t count, bool finish) {
  std::vector<std::string> lines;
  const auto keep = [&](Time, std::string_view line) -> Result<void> {
    lines.emplace_back(line);
    return {};
  };
  for (std::size_t i = 0; i < count; ++i) CHECK(assembler.add(frame_of(frames[i]), keep));
  if (finish) CHECK(assembler.finish(keep));
  return lines;
}

// Output of two streams in pieces: some lines in several frames, some frames with several lines,
// equal time stamps, and time stamps that step back by less than the window. With `set_back` the
// clock is set back by seconds, twice.
std::vector<Recorded> random_output(unsigned seed, std::size_t frames, bool set_back) {
  std::mt19937 random(seed);
  std::vector<Recorded> output;
  int now = 0;
  int line = 0;
  for (std::size_t i = 0; i < frames; ++i) {
    now += static_cast<int>(random() % 4 == 0 ? random() % 300 : 0);
    if (set_back && (i == frames / 4 || i == frames / 2)) now -= 4000;
    const int jitter = random() % 8 == 0 ? static_cast<int>(random() % 50) : 0;
    const Stream stream = random() % 2 == 0 ? Stream::out : Stream::err;
    std::string text = (stream == Stream::out ? "out " : "err ") + std::to_string(line++);
    if (random() % 3 != 0) text += '\n';
    if (random() % 5 == 0) text += "\nnext";
    output.push_back({stream, at(now - jitter), text});
  }
  return output;
}

}  // namespace

TEST_CASE("frames of one line are joined, each stream on its own") {
  const std::vector<Recorded> frames{
      {Stream::out, at(1), "a long "},
      {Stream::err, at(1), "warning\n"},
      {Stream::out, at(1), "line\nand the next"},
      {Stream::out, at(2), "\n\n"},
      {Stream::err, at(3), "no newline"},
  };
  LineAssembler assembler;
  const auto lines = assemble(assembler, frames, frames.size(), true);
  CHECK(lines ==
        std::vector<std::string>{"warning", "a long line", "and the next", "", "no newline"});
}

TEST_CASE("a line has the time of its first frame, and times never fall") {
  LineAssembler assembler;
  std::vector<Time> times;
  const auto keep = [&](Time time, std::string_view) -> Result<void> {
    times.push_back(time);
    return {};
  };
  CHECK(assembler.add({Stream::out, at(5), "begin "}, keep));
  CHECK(assembler.add({Stream::err, at(7), "between\n"}, keep));
  CHECK(assembler.add({Stream::out, at(9), "end\n"}, keep));
  CHECK(times == std::vector<Time>{at(7), at(7)});
}

TEST_CASE("a line beyond the limit goes out in pieces and loses nothing") {
  LineAssembler assembler;
  const std::string line(2 * LineAssembler::line_limit + 10, 'x');
  std::vector<Recorded> frames;
  for (std::size_t begin = 0; begin < line.size(); begin += 16384) {
    frames.push_back({Stream::out, at(1), line.substr(begin, 16384)});
  }
  frames.push_back({Stream::out, at(1), "\nshort\n"});
  const auto lines = assemble(assembler, frames, frames.size(), false);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].size() == LineAssembler::line_limit);
  CHECK(lines[0] + lines[1] + lines[2] == line);
  CHECK(lines[3] == "short");
}

namespace {

// Interrupts the reading of an output at every frame, and a little later again.
void check_interruptions(const std::vector<Recorded>& frames) {
  LineAssembler whole;
  const auto expected = assemble(whole, frames, frames.size(), true);
  for (std::size_t cut = 0; cut <= frames.size(); ++cut) {
    CAPTURE(cut);
    LineAssembler first;
    auto lines = assemble(first, frames, cut, false);
    const LogPosition position = first.position();
    LineAssembler second(position);
    const auto rest = since(frames, position.since);
    const std::size_t again = std::min(rest.size(), position.frames + 3);
    const auto more = assemble(second, rest, static_cast<std::size_t>(again), false);
    lines.insert(lines.end(), more.begin(), more.end());
    LineAssembler third(second.position());
    const auto last = since(frames, second.position().since);
    const auto end = assemble(third, last, last.size(), true);
    lines.insert(lines.end(), end.begin(), end.end());
    CHECK(lines == expected);
  }
}

}  // namespace

TEST_CASE("reading can be taken up at any frame: no line is lost, none comes twice") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    check_interruptions(random_output(seed, 60, false));
  }
}

TEST_CASE("reading can be taken up again where the clock was set back") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    const auto frames = random_output(seed, 80, true);
    // What the Engine would leave out of a later answer must be before the place to read on from.
    LineAssembler whole;
    const auto expected = assemble(whole, frames, frames.size(), true);
    for (std::size_t cut = 0; cut <= frames.size(); ++cut) {
      CAPTURE(cut);
      const std::vector<Recorded> known(frames.begin(),
                                        frames.begin() + static_cast<std::ptrdiff_t>(cut));
      LineAssembler first;
      auto lines = assemble(first, known, known.size(), false);
      const LogPosition position = first.position();
      const auto rest = since(frames, position.since);
      const bool set_back_later =
          rest.size() != since(known, position.since).size() + (frames.size() - known.size());
      if (set_back_later) continue;
      LineAssembler second(position);
      const auto more = assemble(second, rest, rest.size(), true);
      lines.insert(lines.end(), more.begin(), more.end());
      CHECK(lines == expected);
    }
  }
}

}  // namespace trainyard
