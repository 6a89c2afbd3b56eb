#include "runtime/log/log_reader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/log/log_store.h"
#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

using testing::TempDir;

SystemClock clock;

Time at(std::int64_t milliseconds) {
  return from_milliseconds(1'700'000'000'000 + milliseconds);
}

// Event n says n, and more where a block is to be large; every time is shared by three events.
std::string message_of(std::uint64_t number) {
  const std::size_t padding = number % 1000 == 7 ? 200'000 : number % 10 * 20;
  return std::to_string(number) + " " + std::string(padding, 'x');
}

std::uint64_t number_in(const StoredEvent& event) {
  return std::stoull(std::string(event.message.substr(0, event.message.find(' '))));
}

constexpr std::uint64_t count = 5000;

// A stream of 5 000 events in blocks of any size.
void fill(LogStore& store, const std::string& stream) {
  auto writer = store.open_writer(stream);
  REQUIRE(writer);
  std::uint64_t number = 0;
  for (std::uint64_t block = 1; number < count; block = block % 37 + 1) {
    std::vector<std::string> texts;
    std::vector<NewLogEvent> events;
    for (std::uint64_t i = 0; i < block && number + i < count; ++i) {
      texts.push_back(message_of(number + i));
    }
    for (const std::string& text : texts) {
      events.push_back({at(static_cast<std::int64_t>(number++ / 3)), text});
    }
    REQUIRE(writer->get()->put(events));
  }
}

void check_everywhere(LogReader& reader) {
  for (std::uint64_t place = 0; place <= count; place += 97) {
    CAPTURE(place);
    REQUIRE(reader.seek_event(place));
    CHECK(reader.place() == place);
    const auto next = reader.next();
    REQUIRE(next);
    if (place < count) {
      REQUIRE(*next != nullptr);
      CHECK((*next)->number == place);
      CHECK(number_in(**next) == place);
    } else {
      CHECK(*next == nullptr);
    }
    REQUIRE(reader.seek_event(place));
    const auto previous = reader.previous();
    REQUIRE(previous);
    if (place > 0) {
      REQUIRE(*previous != nullptr);
      CHECK(number_in(**previous) == place - 1);
      CHECK(reader.place() == place - 1);
    } else {
      CHECK(*previous == nullptr);
    }
    REQUIRE(reader.seek_time(at(static_cast<std::int64_t>(place) / 3)));
    CHECK(reader.place() == place / 3 * 3);
  }
  REQUIRE(reader.seek_event(count + 10));
  CHECK(reader.place() == count);
  REQUIRE(reader.seek_time(at(1'000'000)));
  CHECK(reader.place() == count);
  REQUIRE(reader.seek_time(Time{}));
  CHECK(reader.place() == 0);
}

// Bytes that this thread has read from files so far.
std::uint64_t bytes_read() {
  std::ifstream counters("/proc/thread-self/io");
  std::string name;
  std::uint64_t value = 0;
  counters >> name >> value;
  REQUIRE(name == "rchar:");
  return value;
}

// A stream of so many events of a KiB, sixteen a block, with a millisecond between any two.
void fill_evenly(LogStore& store, const std::string& stream, std::int64_t events) {
  auto writer = store.open_writer(stream);
  REQUIRE(writer);
  const std::string text(1024, 'x');
  std::vector<NewLogEvent> block;
  for (std::int64_t number = 0; number < events; ++number) {
    block.push_back({at(number), text});
    if (block.size() < 16) continue;
    REQUIRE(writer->get()->put(block));
    block.clear();
  }
}

struct Costs {
  std::uint64_t by_number = 0;
  std::uint64_t by_time = 0;
  std::uint64_t backwards = 0;
  std::uint64_t tail = 0;
};

// What a page of ten events in the middle of the stream costs, and the stream's end.
Costs costs_of_middle(LogStore& store, const std::string& stream, std::int64_t events) {
  const auto cost = [&](const std::function<void(LogReader&)>& read) {
    const std::uint64_t before = bytes_read();
    auto reader = store.open_reader(stream);
    REQUIRE(reader);
    read(*reader);
    return bytes_read() - before;
  };
  const auto middle = static_cast<std::uint64_t>(events) / 2;
  const auto forwards = [&](LogReader& reader) {
    for (std::uint64_t number = middle; number < middle + 10; ++number) {
      const auto event = reader.next();
      REQUIRE(event);
      REQUIRE(*event != nullptr);
      REQUIRE((*event)->number == number);
    }
  };
  Costs costs;
  costs.by_number = cost([&](LogReader& reader) {
    REQUIRE(reader.seek_event(middle));
    forwards(reader);
  });
  costs.by_time = cost([&](LogReader& reader) {
    REQUIRE(reader.seek_time(at(events / 2)));
    forwards(reader);
  });
  costs.backwards = cost([&](LogReader& reader) {
    REQUIRE(reader.seek_event(middle));
    for (std::uint64_t number = middle; number-- > middle - 10;) {
      const auto event = reader.previous();
      REQUIRE(event);
      REQUIRE(*event != nullptr);
      REQUIRE((*event)->number == number);
    }
  });
  costs.tail = cost([&](LogReader& reader) {
    const auto tail = reader.tail();
    REQUIRE(tail);
    REQUIRE(tail->events == static_cast<std::uint64_t>(events));
  });
  return costs;
}

}  // namespace

TEST_CASE("any place of a stream is found by number and by time, and read both ways") {
  TempDir directory;
  LogStore store(directory.path(), clock);
  fill(store, "s");
  auto reader = store.open_reader("s");
  REQUIRE(reader);
  check_everywhere(*reader);

  REQUIRE(reader->seek_end());
  for (std::uint64_t number = count; number-- > 0;) {
    const auto event = reader->previous();
    REQUIRE(event);
    REQUIRE(*event != nullptr);
    REQUIRE(number_in(**event) == number);
  }
  REQUIRE(reader->previous());
  CHECK(*reader->previous() == nullptr);
  for (std::uint64_t number = 0; number < count; ++number) {
    const auto event = reader->next();
    REQUIRE(event);
    REQUIRE(*event != nullptr);
    REQUIRE((*event)->message == message_of(number));
  }
  CHECK(*reader->next() == nullptr);
}

TEST_CASE("what a page costs does not depend on the size of the log") {
  constexpr std::int64_t few = 512;
  TempDir directory;
  LogStore store(directory.path(), clock);
  fill_evenly(store, "small", few);
  fill_evenly(store, "large", 64 * few);
  const Costs small = costs_of_middle(store, "small", few);
  const Costs large = costs_of_middle(store, "large", 64 * few);
  // Where blocks lie to the entries of the index may cost a stretch more; finding an entry among 64
  // times as many costs six more of them.
  constexpr std::uint64_t more = 2 * log_index_bytes + 1024;
  CHECK(large.by_number <= small.by_number + more);
  CHECK(large.by_time <= small.by_time + more);
  CHECK(large.backwards <= small.backwards + more);
  CHECK(large.tail <= small.tail + more);
  // They have read it.
  CHECK(small.by_number > 10 * 1024);
  CHECK(small.tail > 1024);
}

TEST_CASE("an index that is missing, cut or damaged costs time only, and is made whole again") {
  TempDir directory;
  const auto index = directory / "s.log.index";
  std::string whole;
  {
    LogStore store(directory.path(), clock);
    fill(store, "s");
    whole = testing::read_file(index);
    REQUIRE(whole.size() > 10 * sizeof(LogIndexEntry));
  }
  // As a power cut leaves it.
  std::string damaged = whole;
  std::fill(damaged.end() - 100, damaged.end(), '\0');
  for (const std::string& content :
       {std::string(), whole.substr(0, whole.size() / 2 + 5), damaged}) {
    testing::write_file(index, content);
    LogStore store(directory.path(), clock);
    auto reader = store.open_reader("s");
    REQUIRE(reader);
    check_everywhere(*reader);
    REQUIRE(store.open_writer("s"));
    CHECK(testing::read_file(index) == whole);
  }
}

TEST_CASE("an index that is ahead of its log leads nobody astray") {
  TempDir directory;
  const auto log = directory / "s.log";
  LogStore store(directory.path(), clock);
  fill(store, "s");
  const std::string entries = testing::read_file(log_index_file(log));
  // As a power cut leaves it: the index was written, the log only up to somewhere.
  LogIndexEntry third_last;
  const std::size_t place = entries.size() - 3 * sizeof(third_last);
  std::copy_n(entries.data() + place, sizeof(third_last), reinterpret_cast<char*>(&third_last));
  std::filesystem::resize_file(log, third_last.offset + 10);

  auto reader = store.open_reader("s");
  REQUIRE(reader);
  const std::uint64_t left = third_last.first_event;
  CHECK(reader->tail()->events == left);
  CHECK(reader->tail()->bytes == third_last.offset);
  REQUIRE(reader->seek_end());
  CHECK(reader->place() == left);
  CHECK(number_in(**reader->previous()) == left - 1);
  REQUIRE(reader->seek_time(at(1'000'000)));
  CHECK(reader->place() == left);

  const NewLogEvent event{at(2000), "100000 written after the cut"};
  REQUIRE(store.open_writer("s").value()->put({&event, 1}));
  reader = store.open_reader("s");
  REQUIRE(reader);
  for (std::uint64_t number = 0; number < left; ++number) {
    const auto next = reader->next();
    REQUIRE(next);
    REQUIRE(*next != nullptr);
    REQUIRE(number_in(**next) == number);
  }
  CHECK((*reader->next())->message == event.message);
  CHECK(*reader->next() == nullptr);
}

TEST_CASE("a late event takes the place of its arrival, and the time before it") {
  TempDir directory;
  LogStore store(directory.path(), clock);
  auto writer = store.open_writer("s");
  REQUIRE(writer);
  const NewLogEvent first[] = {{at(10), "a"}, {at(20), "b"}};
  const NewLogEvent second[] = {{at(5), "late"}, {at(30), "c"}};
  CHECK((*writer)->put(first));
  CHECK((*writer)->put(second));
  auto reader = store.open_reader("s");
  REQUIRE(reader);
  REQUIRE(reader->seek_time(at(11)));
  CHECK(reader->place() == 1);
  REQUIRE(reader->next());
  const auto late = reader->next();
  REQUIRE(late);
  CHECK((*late)->message == "late");
  CHECK((*late)->time == at(5));
  CHECK((*late)->order_time == at(20));
  const auto tail = reader->tail();
  REQUIRE(tail);
  CHECK(tail->late_events == 1);
  CHECK(tail->latest_time == at(30));
  CHECK(tail->events == 4);
}

TEST_CASE("events that come later are seen from the place where the reader stands") {
  TempDir directory;
  LogStore store(directory.path(), clock);
  auto reader = store.open_reader("s");
  REQUIRE(reader);
  CHECK(*reader->next() == nullptr);
  CHECK(*reader->previous() == nullptr);
  auto writer = store.open_writer("s");
  REQUIRE(writer);
  (*writer)->append_own(at(1), "one");
  CHECK((*writer)->flush());
  reader = store.open_reader("s");
  REQUIRE(reader);
  CHECK((*reader->next())->message == "one");
  CHECK(*reader->next() == nullptr);
  (*writer)->append_own(at(2), "two");
  CHECK((*writer)->flush());
  CHECK((*reader->next())->message == "two");
}

}  // namespace trainyard
