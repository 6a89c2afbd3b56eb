#include "api/wire/query_form.h"

#include <doctest/doctest.h>

#include "api/wire/request_text.h"
#include "tests/support/request.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr Shape text{.name = "Text", .kind = ShapeKind::string};
constexpr Shape number{.name = "Number", .kind = ShapeKind::integer};
constexpr Shape real{.name = "Real", .kind = ShapeKind::floating};
constexpr Shape flag{.name = "Flag", .kind = ShapeKind::boolean};
constexpr Shape moment{.name = "Moment", .kind = ShapeKind::timestamp};
constexpr Member pair_members[] = {{"Name", &text, true}, {"Count", &number, false}};
constexpr Shape pair{.name = "Pair", .kind = ShapeKind::structure, .members = pair_members};
constexpr Shape pairs{.name = "Pairs", .kind = ShapeKind::list, .element = &pair};
constexpr Member root_members[] = {{"Text", &text, false},   {"Number", &number, false},
                                   {"Real", &real, false},   {"Flag", &flag, false},
                                   {"When", &moment, false}, {"Pairs", &pairs, false}};
constexpr Shape root{.name = "Root", .kind = ShapeKind::structure, .members = root_members};

Json typed(std::string_view form) {
  const auto parsed = parse_query_form(form);
  REQUIRE(parsed);
  return typed_by(root, parsed->fields);
}

std::string refusal(std::string_view form) {
  const auto parsed = parse_query_form(form);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == "SerializationException");
  return parsed.error().message;
}

}  // namespace

TEST_CASE("a form becomes what the JSON form of the call would be") {
  CHECK(parse_query_form("Action=Do&Version=1")->action == "Do");
  CHECK(typed("Text=a%26b+c&Number=-7&Real=1e3&Flag=true&When=2023-11-14T22%3A13%3A20.5Z") ==
        Json{{"Text", "a&b c"},
             {"Number", -7},
             {"Real", 1000.0},
             {"Flag", true},
             {"When", 1700000000.5}});
  CHECK(typed("When=2023-11-15T00:13:20%2B02:00&Unknown.x=1") == Json{{"When", 1700000000.0}});
}

TEST_CASE("numbers are finite") {
  for (const char* none : {"nan", "inf", "-inf", "infinity", "1e999", "-nan(1)"}) {
    CAPTURE(none);
    CHECK(typed("Real=" + std::string(none))["Real"] == none);
    CHECK(typed("When=" + std::string(none))["When"] == none);
  }
}

TEST_CASE("lists are in the order of their numbers") {
  CHECK(typed("Pairs.member.10.Name=c&Pairs.member.2.Name=b&Pairs.member.2.Count=2&"
              "Pairs.member.1.Name=a&Pairs.member.x.Name=z")["Pairs"] ==
        Json::parse(R"([{"Name":"a"},{"Name":"b","Count":2},{"Name":"c"}])"));
  CHECK(typed("Pairs=")["Pairs"] == Json::array());
}

TEST_CASE("what is not what its shape asks for is left for the validation") {
  CHECK(typed("Number=1.5&Real=x&Flag=yes&When=soon&Pairs=a&Text.member.1=b") ==
        Json::parse(R"({"Number":"1.5","Real":"x","Flag":"yes","When":"soon","Pairs":"a",
                        "Text":{"member":{"1":"b"}}})"));
}

TEST_CASE("forms that make no sense or are too large are refused") {
  CHECK(refusal("a=%f") == "The form has a malformed escape.");
  CHECK(refusal("a=%ff") == "The form has text that is not UTF-8.");
  CHECK(refusal("a=1&a=2") == "The field a is given twice.");
  CHECK(refusal("a=1&a.b=2") == "The field a.b is given twice.");
  CHECK(refusal("a.b=2&a=1") == "The field a is given twice.");
  CHECK(refusal(std::string(request_values_max, '&')) == "The form has more than 200000 fields.");
  std::string deep = "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a";
  CHECK(parse_query_form(deep + "=1"));
  CHECK(refusal(deep + ".a=1") == "A field is nested more than 16 levels deep.");
}

TEST_CASE("the levels of names count as much as values") {
  std::string wide;
  for (std::size_t i = 0; i < request_values_max / 10; ++i) {
    wide += fmt::format("{}.a.a.a.a.a.a.a.a.a&", i);
  }
  CHECK(parse_query_form(wide));
  CHECK(refusal(wide + "b.a=1") == "The form has more than 200000 values.");
}

TEST_CASE("a GET has its form in the query") {
  testing::TestRequest request("GET", "/?Action=Do&Number=1", {}, "Action=Other");
  CHECK(read_query_form(request.request())->action == "Do");
}

}  // namespace trainyard::api
