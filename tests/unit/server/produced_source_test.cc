#include "server/produced_source.h"

#include <atomic>
#include <stdexcept>

#include <doctest/doctest.h>

namespace trainyard::server {

namespace {

constexpr std::size_t no_limit = 64 << 20;

}  // namespace

TEST_CASE("what is pushed is read, in order and to the end") {
  std::string expected;
  for (int line = 0; line < 20'000; ++line) expected += fmt::format("line {}\n", line);
  ProducedSource source(
      [&](ByteSink& sink) -> Result<void> {
        for (std::size_t begin = 0; begin < expected.size(); begin += 7) {
          TRY_VOID(sink.write(as_bytes(std::string_view(expected).substr(begin, 7))));
        }
        return {};
      },
      64);
  CHECK(read_all(source, no_limit).value() == expected);
  std::byte byte{};
  CHECK(source.read(std::span(&byte, 1)).value() == 0);
}

TEST_CASE("a producer's error comes after its bytes") {
  ProducedSource source([](ByteSink& sink) -> Result<void> {
    TRY_VOID(sink.write(as_bytes("half")));
    return failure(ErrorKind::data_corrupt, "the rest is gone");
  });
  std::string text(4, ' ');
  CHECK(read_full(source, std::as_writable_bytes(std::span(text))).value() == 4);
  CHECK(text == "half");
  const auto end = source.read(std::as_writable_bytes(std::span(text)));
  REQUIRE_FALSE(end);
  CHECK(end.error().message == "the rest is gone");
}

TEST_CASE("an exception of a producer is an error of the body") {
  ProducedSource source([](ByteSink&) -> Result<void> { throw std::runtime_error("broken"); });
  const auto text = read_all(source, no_limit);
  REQUIRE_FALSE(text);
  CHECK(text.error().kind == ErrorKind::internal);
}

TEST_CASE("a producer runs only as far ahead as the buffer goes, and ends with its reader") {
  std::atomic<int> written = 0;
  Result<void> outcome;
  {
    ProducedSource source(
        [&](ByteSink& sink) -> Result<void> {
          for (;;) {
            outcome = sink.write(as_bytes("0123456789"));
            if (!outcome) return outcome;
            ++written;
          }
        },
        25);
    std::byte byte{};
    CHECK(source.read(std::span(&byte, 1)).value() == 1);
  }
  CHECK(written <= 3);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::cancelled);
}

}  // namespace trainyard::server
