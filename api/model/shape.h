#pragma once

// What the public service model says about the form of a request: one row a shape. Tables of these
// are constants; pointers in them stay valid for ever.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace trainyard::api {

enum class ShapeKind {
  structure,
  list,
  map,
  string,
  integer,       // 32 bits
  long_integer,  // 64 bits
  floating,
  boolean,
  timestamp,
};

struct Shape;

struct Member {
  std::string_view name;
  const Shape* shape;
  bool required;
};

struct Shape {
  std::string_view name;
  ShapeKind kind;
  std::span<const Member> members{};  // of a structure
  const Shape* key = nullptr;         // of a map
  const Shape* element = nullptr;     // of a list, or the values of a map
  // Characters of a string, items of a list or map, or the value of a number.
  std::optional<std::int64_t> minimum{};
  std::optional<std::int64_t> maximum{};
  // A Java regular expression that the whole string must match; empty: none.
  std::string_view pattern{};
  std::span<const std::string_view> values{};  // of an enumeration; empty: any
};

}  // namespace trainyard::api
