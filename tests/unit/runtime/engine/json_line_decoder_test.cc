#include "runtime/engine/docker/json_line_decoder.h"

#include <doctest/doctest.h>

#include "runtime/base/stream.h"

using namespace trainyard;

namespace {

Result<std::vector<std::string>> decode(std::initializer_list<std::string_view> pieces) {
  JsonLineDecoder decoder;
  std::vector<std::string> values;
  const auto keep = [&](const nlohmann::json& value) -> Result<void> {
    values.push_back(value.dump());
    return {};
  };
  for (const std::string_view piece : pieces) TRY_VOID(decoder.feed(as_bytes(piece), keep));
  TRY_VOID(decoder.finish(keep));
  return values;
}

}  // namespace

TEST_CASE("JSON lines are decoded wherever the stream is cut") {
  const std::string_view stream = "{\"a\":1}\r\n\n{\"b\":\"x\\ny\"}\n[2]";
  const std::vector<std::string> expected = {R"({"a":1})", R"({"b":"x\ny"})", "[2]"};
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      CAPTURE(first);
      CAPTURE(second);
      const auto values = decode(
          {stream.substr(0, first), stream.substr(first, second - first), stream.substr(second)});
      REQUIRE(values);
      CHECK(*values == expected);
    }
  }
}

TEST_CASE("a line that is no JSON, or too long, is refused") {
  CHECK(decode({"{\"a\":1}\nnonsense\n"}).error().kind == ErrorKind::data_corrupt);
  CHECK(decode({"{\"a\":"}).error().kind == ErrorKind::data_corrupt);
  const std::string long_text(json_line_limit_bytes, ' ');
  CHECK(decode({long_text, "{}\n"}).error().kind == ErrorKind::limit_exceeded);
}
