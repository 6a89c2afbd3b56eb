#include "api/s3/chunk_decoder.h"

#include <doctest/doctest.h>

namespace trainyard::api {

namespace {

struct Decoded {
  std::string payload;
  bool finished = false;
};

Result<Decoded> decode(ChunkDecoder& decoder, const std::vector<std::string_view>& pieces) {
  Decoded decoded;
  for (const std::string_view piece : pieces) {
    std::span<const std::byte> input = as_bytes(piece);
    while (!input.empty()) {
      TRY(const ChunkDecoder::Step step, decoder.decode(input));
      decoded.payload += as_text(step.payload);
      input = input.subspan(step.consumed);
    }
  }
  decoded.finished = decoder.finished();
  return decoded;
}

// Gives its text out in pieces of a size.
class PieceSource final : public ByteSource {
 public:
  PieceSource(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    StringSource rest(text_.substr(position_));
    TRY(const std::size_t count, rest.read(buffer.first(std::min(piece_, buffer.size()))));
    position_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t position_ = 0;
};

const std::string with_trailer =
    "5\r\nhello\r\nA\r\n\r\n0\r\n\r\nabc\r\n0\r\nx-amz-checksum-crc32: DUoRhQ==\r\n"
    "x-amz-trailer-signature:abcdef\r\n\r\n";
const std::string payload = "hello\r\n0\r\n\r\nabc";

const std::string is_signed =
    "5;chunk-signature=0123456789abcdef\r\nhello\r\n0;chunk-signature=ff\r\n\r\n";

}  // namespace

TEST_CASE("chunks decode to the same payload at every split point") {
  for (std::size_t first = 0; first <= with_trailer.size(); ++first) {
    for (std::size_t second = first; second <= with_trailer.size(); ++second) {
      ChunkDecoder decoder;
      const std::string_view text = with_trailer;
      const auto decoded =
          decode(decoder,
                 {text.substr(0, first), text.substr(first, second - first), text.substr(second)});
      REQUIRE(decoded);
      REQUIRE(decoded->payload == payload);
      REQUIRE(decoded->finished);
      REQUIRE(decoder.trailers().get("X-Amz-Checksum-Crc32") == "DUoRhQ==");
    }
  }
}

TEST_CASE("signed chunks decode, without their signatures being looked at") {
  ChunkDecoder decoder;
  const auto decoded = decode(decoder, {is_signed});
  REQUIRE(decoded);
  CHECK(decoded->payload == "hello");
  CHECK(decoded->finished);
  CHECK(decoder.trailers().fields().empty());
}

TEST_CASE("a body that stops anywhere before its end is not finished") {
  for (std::size_t size = 0; size < with_trailer.size(); ++size) {
    ChunkDecoder decoder;
    const auto decoded = decode(decoder, {std::string_view(with_trailer).substr(0, size)});
    REQUIRE(decoded);
    CHECK_FALSE(decoded->finished);
  }
}

TEST_CASE("malformed chunks are refused") {
  for (const std::string& text :
       {std::string("x\r\n"), std::string("\r\n"), std::string("-1\r\n"),
        std::string("1234567890abcdef0\r\n"), std::string("5\r\nhelloX\r\n"),
        std::string("0\r\nno colon\r\n"), std::string("0\r\n: empty\r\n"),
        std::string("0\r\n\r\nmore"), "1;" + std::string(5000, 'x')}) {
    CAPTURE(text);
    ChunkDecoder decoder;
    const auto decoded = decode(decoder, {text});
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().kind == ErrorKind::invalid_argument);
  }
  std::string trailers = "0\r\n";
  for (int i = 0; i < 100; ++i) trailers += "name: value\r\n";
  ChunkDecoder decoder;
  CHECK_FALSE(decode(decoder, {trailers}));
}

TEST_CASE("a chunked source gives the payload and holds it to its length") {
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
    PieceSource encoded(with_trailer, piece);
    ChunkedSource source(encoded, payload.size());
    CHECK(read_all(source, 1000).value() == payload);
    CHECK(source.trailers().get("x-amz-checksum-crc32") == "DUoRhQ==");
  }
  for (const std::size_t length : {payload.size() - 1, payload.size() + 1}) {
    StringSource encoded(with_trailer);
    ChunkedSource source(encoded, length);
    CHECK(read_all(source, 1000).error().kind == ErrorKind::data_corrupt);
  }
  StringSource cut(with_trailer.substr(0, with_trailer.size() - 2));
  ChunkedSource source(cut, payload.size());
  CHECK(read_all(source, 1000).error().kind == ErrorKind::data_corrupt);
}

}  // namespace trainyard::api
