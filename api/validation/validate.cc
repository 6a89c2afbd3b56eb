#include "api/validation/validate.h"

#include "api/validation/extensions.h"
#include "api/validation/json_type.h"
#include "api/validation/path.h"
#include "api/validation/rules.h"
#include "api/validation/violation.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

bool is_plain(const Shape& shape) {
  return shape.kind != ShapeKind::structure && shape.kind != ShapeKind::list &&
         shape.kind != ShapeKind::map;
}

// Whole numbers leave the walker as whole numbers, however they were written.
Json plain_value(const Shape& shape, const Json& value) {
  const bool whole = shape.kind == ShapeKind::integer || shape.kind == ShapeKind::long_integer;
  if (whole && value.is_number_float()) return value.get<std::int64_t>();
  return value;
}

class Walker {
 public:
  // The kept form of `value`, which is not null.
  ApiResult<Json> visit(const Shape& shape, const Json& value) {
    TRY_VOID(check_json_type(shape, value, path_));
    switch (shape.kind) {
      case ShapeKind::structure:
        return visit_structure(shape, value);
      case ShapeKind::list:
        return is_plain(*shape.element) ? visit_plain_list(shape, value) : visit_list(shape, value);
      case ShapeKind::map:
        return visit_map(shape, value);
      default:
        Json kept = plain_value(shape, value);
        check_plain(shape, kept);
        return kept;
    }
  }

  std::vector<std::string> take_violations() { return std::move(violations_); }

 private:
  ApiResult<Json> visit_structure(const Shape& shape, const Json& value) {
    Json kept = Json::object();
    for (const Member& member : shape.members) {
      path_.enter_member(member.name);
      const auto found = value.find(member.name);
      if (found != value.end() && !found->is_null()) {
        TRY(kept[std::string(member.name)], visit(*member.shape, *found));
      } else if (member.required) {
        violations_.push_back(missing_member(path_.in_message()));
      }
      path_.leave();
    }
    return kept;
  }

  ApiResult<Json> visit_list(const Shape& shape, const Json& value) {
    check_bounds(shape, value);
    Json kept = Json::array();
    for (std::size_t i = 0; i < value.size(); ++i) {
      path_.enter_item(i + 1);
      if (value[i].is_null()) {
        violations_.push_back(missing_member(path_.in_message()));
      } else {
        TRY(Json item, visit(*shape.element, value[i]));
        kept.push_back(std::move(item));
      }
      path_.leave();
    }
    return kept;
  }

  ApiResult<Json> visit_plain_list(const Shape& shape, const Json& value) {
    check_bounds(shape, value);
    Json kept = Json::array();
    bool broken = false;
    for (const Json& item : value) {
      if (item.is_null()) {
        broken = true;
        continue;
      }
      TRY_VOID(check_json_type(*shape.element, item, path_));
      kept.push_back(plain_value(*shape.element, item));
      broken = broken || breaks_rules(*shape.element, kept.back());
    }
    if (broken) add(value, "Member must satisfy constraint: " + rule_list(*shape.element));
    return kept;
  }

  ApiResult<Json> visit_map(const Shape& shape, const Json& value) {
    check_bounds(shape, value);
    Json kept = Json::object();
    bool broken_key = false;
    bool broken_value = false;
    for (const auto& [key, item] : value.items()) {
      if (item.is_null()) continue;
      TRY_VOID(check_json_type(*shape.element, item, path_));
      broken_key = broken_key || breaks_rules(*shape.key, key);
      kept[key] = plain_value(*shape.element, item);
      broken_value = broken_value || breaks_rules(*shape.element, kept[key]);
    }
    if (broken_value) add(value, "Map value must satisfy constraint: " + rule_list(*shape.element));
    if (broken_key) add(value, "Map keys must satisfy constraint: " + rule_list(*shape.key));
    return kept;
  }

  void check_plain(const Shape& shape, const Json& value) {
    check_bounds(shape, value);
    const std::vector<std::string> broken = broken_form(shape, value);
    if (broken.empty() || extension_accepts(path_.in_table(), value.get_ref<const std::string&>()))
      return;
    for (const std::string& rule : broken) add(value, rule);
  }

  void check_bounds(const Shape& shape, const Json& value) {
    for (const std::string& rule : broken_bounds(shape, value)) add(value, rule);
  }

  static bool breaks_rules(const Shape& shape, const Json& value) {
    return !broken_bounds(shape, value).empty() || !broken_form(shape, value).empty();
  }

  void add(const Json& value, std::string_view rule) {
    violations_.push_back(violation(value, path_.in_message(), rule));
  }

  Path path_;
  std::vector<std::string> violations_;
};

}  // namespace

ApiResult<Validated> validate(const Shape& shape, const Json& input) {
  Walker walker;
  TRY(Json value, walker.visit(shape, input));
  return Validated{std::move(value), walker.take_violations()};
}

}  // namespace trainyard::api
