#include "runtime/log/log_merge.h"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

using testing::TempDir;

SystemClock clock;

Time at(std::int64_t milliseconds) {
  return from_milliseconds(1'700'000'000'000 + milliseconds);
}

struct Placed {
  MergePlace place;
  std::string message;
};

// Streams whose events overlap, with equal times; more of them than may be open at once.
struct Streams {
  Streams() {
    std::mt19937 random(1);
    for (std::int64_t id = 1; id <= 70; ++id) {
      LogStream stream{id, "stream-" + std::to_string(id), {}};
      auto writer = store.open_writer(stream.key());
      REQUIRE(writer);
      std::int64_t now = static_cast<std::int64_t>(random() % 20);
      for (std::uint64_t number = 0; number < 1 + static_cast<std::uint64_t>(id) % 7; ++number) {
        const std::string message = fmt::format("{}/{}", id, number);
        const NewLogEvent event{at(now), message};
        REQUIRE((*writer)->put({&event, 1}));
        all.push_back({{at(now), id, number}, message});
        now += static_cast<std::int64_t>(random() % 10);
      }
      streams.push_back(stream);
    }
    std::ranges::sort(all, {}, &Placed::place);
  }

  std::vector<std::string> read(MergeQuery query, std::size_t pages_of) const {
    std::vector<std::string> found;
    for (;;) {
      auto merge = LogMerge::start(store, streams, query);
      REQUIRE(merge);
      for (std::size_t i = 0; i < pages_of; ++i) {
        const auto event = merge->next();
        REQUIRE(event);
        if (*event == nullptr) return found;
        CHECK((*event)->stream->id == (*event)->place.stream);
        found.emplace_back((*event)->event.message);
        query.after = (*event)->place;
      }
    }
  }

  std::vector<std::string> expected(Time begin, Time end, bool newest_first) const {
    std::vector<std::string> messages;
    for (const Placed& event : all) {
      if (event.place.time >= begin && event.place.time < end) messages.push_back(event.message);
    }
    if (newest_first) std::ranges::reverse(messages);
    return messages;
  }

  TempDir directory;
  LogStore store{directory.path(), clock};
  std::vector<LogStream> streams;
  std::vector<Placed> all;
};

}  // namespace

TEST_CASE("streams are read as one in the order of time, either way, in pages of any size") {
  const Streams bench;
  for (const bool newest_first : {false, true}) {
    CAPTURE(newest_first);
    for (const std::size_t page : {std::size_t{1}, std::size_t{13}, std::size_t{10'000}}) {
      CAPTURE(page);
      MergeQuery query;
      query.newest_first = newest_first;
      CHECK(bench.read(query, page) == bench.expected({}, Time::max(), newest_first));
      query.begin = at(9);
      query.end = at(25);
      CHECK(bench.read(query, page) == bench.expected(at(9), at(25), newest_first));
    }
  }
}

TEST_CASE("a merge of nothing has no events") {
  const TempDir directory;
  const LogStore store(directory.path(), clock);
  auto merge = LogMerge::start(store, {LogStream{1, "empty", {}}}, {});
  REQUIRE(merge);
  CHECK(*merge->next() == nullptr);
  CHECK(*merge->next() == nullptr);
}

}  // namespace trainyard
