#include "runtime/engine/docker/log_frame_decoder.h"

#include <doctest/doctest.h>

#include "tests/support/log_lines.h"

using namespace trainyard;
using namespace trainyard::testing;

namespace {

std::string frame(char stream, const std::string& payload) {
  std::string text(8, '\0');
  text[0] = stream;
  for (std::size_t i = 0; i < 4; ++i) {
    text[4 + i] = static_cast<char>(payload.size() >> (8 * (3 - i)) & 0xff);
  }
  return text + payload;
}

Result<std::vector<KeptFrame>> decode(std::initializer_list<std::string_view> pieces) {
  LogFrameDecoder decoder;
  std::vector<KeptFrame> frames;
  for (const std::string_view piece : pieces) {
    TRY_VOID(decoder.feed(as_bytes(piece), keep_frames(frames)));
  }
  CHECK(decoder.at_boundary());
  return frames;
}

}  // namespace

TEST_CASE("log frames are decoded wherever the stream is cut") {
  const std::string stream = frame(1, "2026-11-23T19:02:10.000000001Z first\n") +
                             frame(2, "2026-11-23T19:02:10.000000002Z \n") +
                             frame(1, "2026-11-23T19:02:10Z ") +
                             frame(1, "2026-11-23T19:02:11Z a partial line");
  const auto whole = decode({stream});
  REQUIRE(whole);
  REQUIRE(whole->size() == 4);
  CHECK((*whole)[0].bytes == "first\n");
  CHECK((*whole)[0].stream == LogFrame::Stream::out);
  CHECK((*whole)[0].time.time_since_epoch().count() % 1000 == 1);
  CHECK((*whole)[1].bytes == "\n");
  CHECK((*whole)[1].stream == LogFrame::Stream::err);
  CHECK((*whole)[2].bytes.empty());
  CHECK((*whole)[3].bytes == "a partial line");

  const auto same = [&](const Result<std::vector<KeptFrame>>& frames) {
    REQUIRE(frames);
    REQUIRE(frames->size() == whole->size());
    for (std::size_t i = 0; i < frames->size(); ++i) {
      CHECK((*frames)[i].bytes == (*whole)[i].bytes);
      CHECK((*frames)[i].time == (*whole)[i].time);
    }
  };
  const std::string_view view = stream;
  for (std::size_t first = 0; first <= view.size(); ++first) {
    CAPTURE(first);
    same(decode({view.substr(0, first), view.substr(first)}));
    for (std::size_t second = first; second <= view.size(); second += 7) {
      same(
          decode({view.substr(0, first), view.substr(first, second - first), view.substr(second)}));
    }
  }
}

TEST_CASE("a log stream that was cut off is noticed") {
  LogFrameDecoder decoder;
  std::vector<KeptFrame> frames;
  const std::string stream = frame(1, "2026-11-23T19:02:10Z text\n");
  for (const std::size_t size : {std::size_t{3}, std::size_t{8}, stream.size() - 1}) {
    LogFrameDecoder cut;
    REQUIRE(cut.feed(as_bytes(std::string_view(stream).substr(0, size)), keep_frames(frames)));
    CHECK_FALSE(cut.at_boundary());
  }
  CHECK(frames.empty());
}

TEST_CASE("what is no log stream is refused") {
  CHECK(decode({"HTTP/1.1 200 OK\r\n"}).error().kind == ErrorKind::data_corrupt);
  CHECK(decode({frame(9, "2026-11-23T19:02:10Z x")}).error().kind == ErrorKind::data_corrupt);
  CHECK(decode({frame(1, "no time stamp")}).error().kind == ErrorKind::data_corrupt);
  CHECK(decode({frame(1, "")}).error().kind == ErrorKind::data_corrupt);
  std::string huge = frame(1, "x");
  huge[4] = 0x7f;
  CHECK(decode({huge}).error().kind == ErrorKind::data_corrupt);
}

TEST_CASE("the Engine's own trouble inside a log stream is told") {
  const auto result = decode({frame(3, "Error grabbing logs: invalid character\n")});
  CHECK(result.error().kind == ErrorKind::internal);
  CHECK(result.error().message.find("invalid character") != std::string::npos);
}
