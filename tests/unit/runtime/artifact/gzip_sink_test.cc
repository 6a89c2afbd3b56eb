#include "runtime/artifact/gzip_sink.h"

#include <cstring>
#include <random>

#include <doctest/doctest.h>

#include "tests/support/gunzip.h"

namespace trainyard {
namespace {

using testing::gunzip;

std::string mixed_text(std::size_t size) {
  std::mt19937 random(7);
  std::normal_distribution<float> weight(0.0F, 0.02F);
  std::string text;
  while (text.size() < size) {
    for (int count = 0; count < 2000; ++count) {
      const float value = weight(random);
      text.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    for (int count = 0; count < 300; ++count) text += "epoch=3 loss=0.125 accuracy=0.75\n";
  }
  text.resize(size);
  return text;
}

std::string compress(const std::string& text, std::size_t workers, std::size_t piece,
                     const GzipSink::CompressorFactory& make) {
  StringSink below;
  GzipSink gzip(below, workers, make);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    REQUIRE(gzip.write(as_bytes(std::string_view(text).substr(at, piece))));
  }
  REQUIRE(gzip.finish());
  return std::move(below.text());
}

// Fails once it has taken `room` bytes.
class FullSink final : public ByteSink {
 public:
  explicit FullSink(std::size_t room) : room_(room) {}
  Result<void> write(std::span<const std::byte> bytes) override {
    ++writes;
    if (bytes.size() > room_) return failure(ErrorKind::limit_exceeded, "disk full");
    room_ -= bytes.size();
    return {};
  }
  int writes = 0;

 private:
  std::size_t room_;
};

class BrokenCompressor final : public ChunkCompressor {
 public:
  Result<void> compress(std::span<const std::byte>, std::vector<std::byte>&) override {
    return failure(ErrorKind::internal, "broken");
  }
  std::uint32_t checksum(std::span<const std::byte>) const override { return 0; }
};

void check_contract(const GzipSink::CompressorFactory& make) {
  constexpr std::size_t chunk = GzipSink::chunk_bytes;
  SUBCASE("what goes in comes out, at every border of a chunk") {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, chunk - 1, chunk, chunk + 1, 5 * chunk + 12345}) {
      const std::string text = mixed_text(size);
      CHECK(gunzip(compress(text, 2, 100'000, make)) == text);
    }
  }
  SUBCASE("the bytes depend neither on the workers nor on the writes") {
    const std::string text = mixed_text(9 * chunk + 17);
    const std::string one = compress(text, 1, chunk, make);
    CHECK(compress(text, 2, 70'001, make) == one);
    CHECK(compress(text, 4, text.size(), make) == one);
  }
  SUBCASE("what cannot be compressed grows little") {
    std::string text(3 * chunk, '\0');
    std::mt19937_64 random(11);
    for (auto& letter : text) letter = static_cast<char>(random());
    const std::string compressed = compress(text, 2, chunk, make);
    CHECK(compressed.size() < text.size() + text.size() / 500);
    CHECK(gunzip(compressed) == text);
  }
  SUBCASE("an error of the sink below comes back, stays, and stops the writing") {
    FullSink below(100'000);
    GzipSink gzip(below, 2, make);
    const std::string text = mixed_text(chunk);
    Result<void> written;
    for (int count = 0; written && count < 100; ++count) written = gzip.write(as_bytes(text));
    REQUIRE_FALSE(written);
    CHECK(written.error().message == "disk full");
    const int writes = below.writes;
    CHECK_FALSE(gzip.write(as_bytes(text)));
    CHECK_FALSE(gzip.finish());
    CHECK(below.writes == writes);
  }
  SUBCASE("destroyed in the middle") {
    StringSink below;
    GzipSink gzip(below, 3, make);
    CHECK(gzip.write(as_bytes(mixed_text(4 * chunk))));
  }
}

}  // namespace

TEST_CASE("gzip sink over what this program was built with") {
  check_contract(make_default_compressor);
}

TEST_CASE("gzip sink over zlib") {
  check_contract([] { return make_zlib_compressor(1); });
}

TEST_CASE("gzip sink over ISA-L" * doctest::skip(make_isal_compressor(1) == nullptr)) {
  check_contract([] { return make_isal_compressor(1); });
}

TEST_CASE("gzip sink over ISA-L, level 2" * doctest::skip(make_isal_compressor(1) == nullptr)) {
  check_contract([] { return make_isal_compressor(2); });
}

TEST_CASE("gzip sink with a compressor that fails") {
  StringSink below;
  GzipSink gzip(below, 2, [] { return std::make_unique<BrokenCompressor>(); });
  CHECK(gzip.write(as_bytes("text")));
  const auto finished = gzip.finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().message == "broken");
}

}  // namespace trainyard
