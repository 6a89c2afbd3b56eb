#include "api/wire/opaque_token.h"

#include <doctest/doctest.h>

#include "runtime/object/digest.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

}  // namespace

TEST_CASE("a token comes back as it was made") {
  const Json content{{"name", "a"}, {"place", {1, 2}}};
  const Json token = from_opaque_token(to_opaque_token(content));
  CHECK(token == content);
  CHECK(token_member(token, "name") == "a");
  CHECK(token_member(token, "other").is_null());
  CHECK(token_member(Json::array({1}), "name").is_null());
  CHECK(token_member(Json(Json::value_t::discarded), "name").is_null());
}

TEST_CASE("tokens that nobody gave out are none") {
  for (const std::string& token :
       {std::string(), std::string("x"), std::string("*"), to_base64("{"),
        to_base64(R"({"name":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}"),
        to_base64('"' + std::string(600'000, 'x') + '"')}) {
    CAPTURE(token.substr(0, 20));
    CHECK(from_opaque_token(token).is_discarded());
  }
}

}  // namespace trainyard::api
