#include <bit>
#include <cstdint>

#include "api/wire/cbor.h"
#include "api/wire/utf8.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

enum Major : unsigned { positive = 0, negative = 1, text_string = 3, array = 4, map = 5, tag = 6 };

constexpr std::uint64_t epoch_tag = 1;

void append_bits(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xff);
  }
}

void append_head(std::string& out, Major major, std::uint64_t argument) {
  const auto first = [&](unsigned information) {
    out += static_cast<char>(static_cast<unsigned>(major) << 5 | information);
  };
  if (argument < 24) {
    first(static_cast<unsigned>(argument));
  } else if (argument <= 0xff) {
    first(24);
    append_bits(out, argument, 1);
  } else if (argument <= 0xffff) {
    first(25);
    append_bits(out, argument, 2);
  } else if (argument <= 0xffff'ffff) {
    first(26);
    append_bits(out, argument, 4);
  } else {
    first(27);
    append_bits(out, argument, 8);
  }
}

void append_double(std::string& out, double value) {
  out += '\xfb';
  append_bits(out, std::bit_cast<std::uint64_t>(value), 8);
}

void append_integer(std::string& out, std::int64_t value) {
  if (value < 0) {
    append_head(out, negative, static_cast<std::uint64_t>(-1 - value));
  } else {
    append_head(out, positive, static_cast<std::uint64_t>(value));
  }
}

void append_text(std::string& out, std::string_view text) {
  const std::string valid = valid_utf8(text);
  append_head(out, text_string, valid.size());
  out += valid;
}

void append(std::string& out, const Shape& shape, const Json& value);

void append_structure(std::string& out, const Shape& shape, const Json& value) {
  std::string members;
  std::uint64_t count = 0;
  for (const Member& member : shape.members) {
    const auto found = value.find(member.name);
    if (found == value.end()) continue;
    append_text(members, member.name);
    append(members, *member.shape, *found);
    ++count;
  }
  append_head(out, map, count);
  out += members;
}

void append(std::string& out, const Shape& shape, const Json& value) {
  switch (shape.kind) {
    case ShapeKind::structure:
      return append_structure(out, shape, value);
    case ShapeKind::list:
      append_head(out, array, value.size());
      for (const Json& item : value) append(out, *shape.element, item);
      return;
    case ShapeKind::map:
      append_head(out, map, value.size());
      for (const auto& [key, item] : value.items()) {
        append_text(out, key);
        append(out, *shape.element, item);
      }
      return;
    case ShapeKind::string:
      return append_text(out, value.get_ref<const std::string&>());
    case ShapeKind::integer:
    case ShapeKind::long_integer:
      return append_integer(out, value.get<std::int64_t>());
    case ShapeKind::boolean:
      out += value.get<bool>() ? '\xf5' : '\xf4';
      return;
    case ShapeKind::timestamp:
      append_head(out, tag, epoch_tag);
      return append_double(out, value.get<double>());
    case ShapeKind::floating:
      return append_double(out, value.get<double>());
  }
}

}  // namespace

std::string to_cbor(const Shape& shape, const Json& value) {
  std::string out;
  append(out, shape, value);
  return out;
}

}  // namespace trainyard::api
