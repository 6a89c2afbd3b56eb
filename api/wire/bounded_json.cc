#include "api/wire/bounded_json.h"

#include <fmt/format.h>

#include "api/wire/request_text.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// Looks through a text without building anything from it: is it JSON, and within the bounds?
class JsonChecker final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override { return count(); }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool key(string_t&) override { return true; }
  bool start_object(std::size_t) override { return descend(); }
  bool start_array(std::size_t) override { return descend(); }
  bool end_object() override { return ascend(); }
  bool end_array() override { return ascend(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    problem_ = fmt::format("is not valid JSON (at byte {})", position);
    return false;
  }

  const std::string& problem() const { return problem_; }

 private:
  bool count() {
    if (++values_ <= request_values_max) return true;
    problem_ = fmt::format("has more than {} values", request_values_max);
    return false;
  }
  bool descend() {
    if (++depth_ > request_depth_max) {
      problem_ = fmt::format("is nested more than {} levels deep", request_depth_max);
      return false;
    }
    return count();
  }
  bool ascend() {
    --depth_;
    return true;
  }

  std::size_t depth_ = 0;
  std::size_t values_ = 0;
  std::string problem_;
};

}  // namespace

std::optional<std::string> json_problem(std::string_view text) {
  JsonChecker checker;
  if (Json::sax_parse(text, &checker)) return std::nullopt;
  return checker.problem();
}

Json parse_bounded_json(std::string_view text) {
  if (json_problem(text)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace trainyard::api
