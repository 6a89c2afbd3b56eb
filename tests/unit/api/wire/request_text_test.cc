#include "api/wire/request_text.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include "tests/support/request.h"

namespace trainyard::api {

namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  REQUIRE(::deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(::deflateBound(&stream, text.size()) + 64, '\0');
  std::string copy = text;
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

ApiResult<std::string> read_packed(std::string body) {
  testing::TestRequest request("POST", "/", {"Content-Encoding: gzip"}, std::move(body));
  return read_request_text(request.request());
}

}  // namespace

TEST_CASE("a packed body is unpacked") {
  const std::string text(300'000, 'x');
  CHECK(read_packed(gzip(text)) == text);
  CHECK(read_packed(gzip("")) == "");
}

TEST_CASE("a body that only claims to be packed is refused") {
  CHECK(read_packed("{}").error().code == "SerializationException");
  const std::string whole = gzip("some text");
  CHECK(read_packed(whole.substr(0, whole.size() - 1)).error().code == "SerializationException");
}

TEST_CASE("a small body that unpacks to a large one is refused") {
  const auto text = read_packed(gzip(std::string(request_bytes_max + 1, ' ')));
  REQUIRE_FALSE(text);
  CHECK(text.error().status == 413);
}

}  // namespace trainyard::api
