#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "api/wire/cbor.h"
#include "api/wire/request_text.h"
#include "api/wire/utf8.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

AwsError broken(std::string_view what) {
  return AwsError::serialization(fmt::format("The request body is not valid CBOR: {}.", what));
}

// IEEE 754 with 16 bits.
double half_float(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  double value =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 31) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

// JSON's form of the numbers that JSON has none for.
Json number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

class CborReader {
 public:
  explicit CborReader(std::string_view bytes) : rest_(bytes) {}

  ApiResult<Json> value() {
    if (++values_ > request_values_max) {
      return failure(AwsError::serialization(
          fmt::format("The request body has more than {} values.", request_values_max)));
    }
    TRY(const Head head, take_head());
    switch (head.major) {
      case 0:
        return Json(head.argument);
      case 1:
        if (head.argument > std::uint64_t{INT64_MAX}) return failure(broken("a number too small"));
        return Json(-1 - static_cast<std::int64_t>(head.argument));
      case 3: {
        TRY(std::string text, take_text(head));
        return Json(std::move(text));
      }
      case 4:
        return nested([&] { return array(head); });
      case 5:
        return nested([&] { return map(head); });
      case 6:
        return nested([&] { return value(); });
      case 7:
        return simple(head);
      default:
        return failure(broken("no member is a byte string"));
    }
  }

  bool at_end() const { return rest_.empty(); }

 private:
  struct Head {
    int major = 0;
    int information = 0;
    std::uint64_t argument = 0;
    bool indefinite() const { return information == 31; }
  };

  ApiResult<Head> take_head() {
    if (rest_.empty()) return failure(broken("it ends too early"));
    const auto first = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    Head head{first >> 5, first & 0x1f, 0};
    if (head.information < 24) {
      head.argument = static_cast<std::uint64_t>(head.information);
      return head;
    }
    if (head.indefinite() && head.major >= 2 && head.major != 6) return head;
    if (head.information > 27) return failure(broken("a reserved form of length"));
    const std::size_t size = std::size_t{1} << (head.information - 24);
    if (rest_.size() < size) return failure(broken("it ends too early"));
    for (std::size_t i = 0; i < size; ++i) {
      head.argument = head.argument << 8 | static_cast<unsigned char>(rest_[i]);
    }
    rest_.remove_prefix(size);
    return head;
  }

  // The mark that ends what has no stated length.
  bool take_break() {
    if (rest_.empty() || static_cast<unsigned char>(rest_.front()) != 0xff) return false;
    rest_.remove_prefix(1);
    return true;
  }

  template <typename Read>
  ApiResult<Json> nested(const Read& read) {
    if (++depth_ > request_depth_max) {
      return failure(AwsError::serialization(
          fmt::format("The request body is nested more than {} levels deep.", request_depth_max)));
    }
    TRY(Json value, read());
    --depth_;
    return value;
  }

  // Calls `item` as often as the head says.
  template <typename Item>
  ApiResult<> each(const Head& head, const Item& item) {
    if (head.indefinite()) {
      while (!take_break()) TRY_VOID(item());
      return {};
    }
    for (std::uint64_t i = 0; i < head.argument; ++i) TRY_VOID(item());
    return {};
  }

  ApiResult<Json> array(const Head& head) {
    Json list = Json::array();
    TRY_VOID(each(head, [&]() -> ApiResult<> {
      TRY(Json item, value());
      list.push_back(std::move(item));
      return {};
    }));
    return list;
  }

  ApiResult<Json> map(const Head& head) {
    Json object = Json::object();
    TRY_VOID(each(head, [&]() -> ApiResult<> {
      TRY(const Head key_head, take_head());
      if (key_head.major != 3) return failure(broken("a key that is no text"));
      TRY(const std::string key, take_text(key_head));
      TRY(object[key], value());
      return {};
    }));
    return object;
  }

  ApiResult<std::string> take_text(const Head& head) {
    std::string text;
    if (head.indefinite()) {
      while (!take_break()) {
        TRY(const Head piece, take_head());
        if (piece.major != 3 || piece.indefinite()) return failure(broken("a piece of no text"));
        TRY(const std::string more, take_text(piece));
        text += more;
      }
      return text;
    }
    if (head.argument > rest_.size()) return failure(broken("it ends too early"));
    text = rest_.substr(0, static_cast<std::size_t>(head.argument));
    rest_.remove_prefix(text.size());
    if (!is_utf8(text)) return failure(broken("text that is not UTF-8"));
    return text;
  }

  ApiResult<Json> simple(const Head& head) {
    switch (head.information) {
      case 20:
        return Json(false);
      case 21:
        return Json(true);
      case 22:
      case 23:
        return Json();
      case 25:
        return number(half_float(static_cast<std::uint16_t>(head.argument)));
      case 26:
        return number(std::bit_cast<float>(static_cast<std::uint32_t>(head.argument)));
      case 27:
        return number(std::bit_cast<double>(head.argument));
      default:
        return failure(broken("a value of no known kind"));
    }
  }

  std::string_view rest_;
  std::size_t depth_ = 0;
  std::size_t values_ = 0;
};

}  // namespace

ApiResult<Json> parse_cbor_body(std::string_view bytes) {
  if (bytes.empty()) return Json::object();
  CborReader reader(bytes);
  TRY(Json body, reader.value());
  if (!reader.at_end()) return failure(broken("there is something behind its value"));
  if (!body.is_object()) return failure(broken("it is no map"));
  return body;
}

}  // namespace trainyard::api
