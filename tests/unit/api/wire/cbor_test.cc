#include "api/wire/cbor.h"

#include <doctest/doctest.h>

#include "api/wire/request_text.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;
using namespace std::string_literals;

std::string refusal(const std::string& bytes) {
  const auto parsed = parse_cbor_body(bytes);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == "SerializationException");
  return parsed.error().message;
}

// {"v": <bytes>}
Json value_of(const std::string& bytes) {
  const auto parsed = parse_cbor_body("\xa1\x61v" + bytes);
  REQUIRE_MESSAGE(parsed, parsed.error().message);
  return parsed->at("v");
}

constexpr Shape text{.name = "Text", .kind = ShapeKind::string};
constexpr Shape number{.name = "Number", .kind = ShapeKind::long_integer};
constexpr Shape real{.name = "Real", .kind = ShapeKind::floating};
constexpr Shape flag{.name = "Flag", .kind = ShapeKind::boolean};
constexpr Shape moment{.name = "Moment", .kind = ShapeKind::timestamp};
constexpr Shape moments{.name = "Moments", .kind = ShapeKind::list, .element = &moment};
constexpr Shape texts{.name = "Texts", .kind = ShapeKind::map, .key = &text, .element = &text};
constexpr Member root_members[] = {{"Text", &text, false},    {"Number", &number, false},
                                   {"Real", &real, false},    {"Flag", &flag, false},
                                   {"When", &moments, false}, {"Map", &texts, false}};
constexpr Shape root{.name = "Root", .kind = ShapeKind::structure, .members = root_members};

}  // namespace

TEST_CASE("values of the RFC's examples are read") {
  CHECK(value_of("\x17") == 23);
  CHECK(value_of("\x18\x64") == 100);
  CHECK(value_of("\x1a\x00\x0f\x42\x40"s) == 1000000);
  CHECK(value_of("\x1b\xff\xff\xff\xff\xff\xff\xff\xff") == UINT64_MAX);
  CHECK(value_of("\x38\x63") == -100);
  CHECK(value_of("\xf9\x3e\x00"s) == 1.5);
  CHECK(value_of("\xf9\x00\x01"s) == 5.960464477539063e-8);
  CHECK(value_of("\xf9\xc4\x00"s) == -4.0);
  CHECK(value_of("\xf9\x7c\x00"s) == "Infinity");
  CHECK(value_of("\xfa\x47\xc3\x50\x00"s) == 100000.0);
  CHECK(value_of("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a") == 1.1);
  CHECK(value_of("\xf4") == false);
  CHECK(value_of("\xf5") == true);
  CHECK(value_of("\xf6") == nullptr);
  CHECK(value_of("\x62\xc3\xbc") == "\xc3\xbc");
  CHECK(value_of("\x83\x01\x02\x03") == Json({1, 2, 3}));
  CHECK(value_of("\xbf\x61\x61\x9f\x01\xff\xff") == Json{{"a", {1}}});
  CHECK(value_of("\x7f\x65strea\x64ming\xff") == "streaming");
}

TEST_CASE("a time stamp is its number of seconds") {
  CHECK(value_of("\xc1\x1a\x51\x4b\x67\xb0") == 1363896240);
  CHECK(value_of("\xc1\xfb\x41\xd4\x52\xd9\xec\x20\x00\x00"s) == 1363896240.5);
}

TEST_CASE("an empty body is an empty object") {
  CHECK(parse_cbor_body("") == Json::object());
  CHECK(parse_cbor_body("\xa0") == Json::object());
  CHECK(parse_cbor_body("\xbf\xff") == Json::object());
}

TEST_CASE("what is no CBOR is refused, at every place where it can end") {
  const std::string whole = "\xa1\x61v\x83\x19\x01\x00\xc1\xfa\x00\x00\x00\x00\x62zz"s;
  REQUIRE(parse_cbor_body(whole));
  for (std::size_t size = 1; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(refusal(whole.substr(0, size)).ends_with("it ends too early."));
  }
  CHECK(refusal(whole + "\x00"s).ends_with("there is something behind its value."));
  CHECK(refusal("\x01").ends_with("it is no map."));
  CHECK(refusal("\xa1\x01\x01").ends_with("a key that is no text."));
  CHECK(refusal("\xa1\x61v\x41x").ends_with("no member is a byte string."));
  CHECK(refusal("\xa1\x61v\x61\xff").ends_with("text that is not UTF-8."));
  CHECK(refusal("\xa1\x61v\x1c").ends_with("a reserved form of length."));
  CHECK(refusal("\xa1\x61v\xff").ends_with("a value of no known kind."));
  CHECK(refusal("\xa1\x61v\xf8\x20").ends_with("a value of no known kind."));
  CHECK(refusal("\xa1\x61v\x7f\x01\xff").ends_with("a piece of no text."));
  CHECK(refusal("\xa1\x61v\x3b\xff\xff\xff\xff\xff\xff\xff\xff").ends_with("a number too small."));
}

TEST_CASE("bodies that are large only in memory are refused") {
  CHECK(refusal("\xa1\x61v" + std::string(1'000'000, '\x81')) ==
        "The request body is nested more than 64 levels deep.");
  CHECK(refusal("\xa1\x61v" + std::string(1'000'000, '\xc1')) ==
        "The request body is nested more than 64 levels deep.");
  CHECK(refusal("\xa1\x61v\x9b\x7f\xff\xff\xff\xff\xff\xff\xff").ends_with("it ends too early."));
  CHECK(refusal("\xa1\x61v\x9f" + std::string(request_values_max + 1, '\x01')) ==
        "The request body has more than 200000 values.");
}

TEST_CASE("values are written by their shapes") {
  const Json value{
      {"Text", "\xff"}, {"Number", -500},         {"Real", 1},
      {"Flag", true},   {"When", {1700000000.5}}, {"Map", {{"k", std::string(30, 'x')}}},
      {"Unknown", 1}};
  const std::string bytes = to_cbor(root, value);
  CHECK(bytes.find("Unknown") == std::string::npos);
  CHECK(bytes.find("\xc1\xfb\x41\xd9\x54\xfc\x40\x20\x00\x00"s) != std::string::npos);
  Json read = parse_cbor_body(bytes).value();
  CHECK(read["Real"].is_number_float());
  CHECK(read == Json{{"Text", "\xef\xbf\xbd"},
                     {"Number", -500},
                     {"Real", 1.0},
                     {"Flag", true},
                     {"When", {1700000000.5}},
                     {"Map", {{"k", std::string(30, 'x')}}}});
}

TEST_CASE("lengths of every size are written and read") {
  for (const std::int64_t length :
       {std::int64_t{0}, std::int64_t{23}, std::int64_t{24}, std::int64_t{255}, std::int64_t{256},
        std::int64_t{65535}, std::int64_t{65536}, std::int64_t{4294967295},
        std::int64_t{4294967296}, INT64_MAX, INT64_MIN}) {
    CAPTURE(length);
    CHECK(parse_cbor_body(to_cbor(root, {{"Number", length}})) == Json{{"Number", length}});
  }
}

}  // namespace trainyard::api
