#include "api/wire/query_form.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <type_traits>

#include "api/wire/http_date.h"
#include "api/wire/request_text.h"
#include "api/wire/text.h"
#include "api/wire/timestamp.h"
#include "api/wire/uri.h"
#include "api/wire/utf8.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

tl::unexpected<AwsError> malformed(std::string message) {
  return failure(AwsError::serialization(std::move(message)));
}

// Twice as deep as the deepest member of the services that take forms.
constexpr std::size_t form_depth_max = 16;

// Puts fields at their places in a tree. A name of many levels costs far more there than its bytes.
class FieldTree {
 public:
  ApiResult<> place(std::string_view name, std::string value) {
    Json* node = &fields_;
    std::string_view rest = name;
    for (std::size_t depth = 0;; ++depth) {
      if (depth == form_depth_max) {
        return malformed(fmt::format("A field is nested more than {} levels deep.", depth));
      }
      const std::size_t dot = rest.find('.');
      const std::size_t before = node->size();
      Json& child = (*node)[std::string(rest.substr(0, dot))];
      nodes_ += node->size() - before;
      if (nodes_ > request_values_max) {
        return malformed(fmt::format("The form has more than {} values.", request_values_max));
      }
      node = &child;
      if (dot == rest.npos) break;
      if (!node->is_null() && !node->is_object()) break;
      rest.remove_prefix(dot + 1);
    }
    if (!node->is_null()) return malformed(fmt::format("The field {} is given twice.", name));
    *node = std::move(value);
    return {};
  }

  Json take() { return std::move(fields_); }

 private:
  Json fields_ = Json::object();
  std::size_t nodes_ = 0;
};

// "nan" and "inf" are texts, as they are where a form of JSON has no numbers for them.
template <typename Number>
Json number_or_text(const Json& field) {
  const auto number = parse_number<Number>(field.get_ref<const std::string&>());
  if (!number) return field;
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(*number)) return field;
  }
  return *number;
}

Json moment_or_text(const Json& field) {
  const auto& text = field.get_ref<const std::string&>();
  if (const auto time = parse_iso_time(text)) return epoch_seconds(*time);
  return number_or_text<double>(field);
}

Json plain(const Shape& shape, const Json& field) {
  if (!field.is_string()) return field;
  const auto& text = field.get_ref<const std::string&>();
  switch (shape.kind) {
    case ShapeKind::integer:
    case ShapeKind::long_integer:
      return number_or_text<std::int64_t>(field);
    case ShapeKind::floating:
      return number_or_text<double>(field);
    case ShapeKind::timestamp:
      return moment_or_text(field);
    case ShapeKind::boolean:
      if (text == "true" || text == "false") return text == "true";
      return field;
    default:
      return field;
  }
}

// `member.1`, `member.2`, … in the order of their numbers; clients write an empty list as "".
Json list_of(const Shape& shape, const Json& field) {
  if (field == "") return Json::array();
  const auto members = field.find("member");
  if (members == field.end() || !members->is_object()) return field;
  std::map<std::int64_t, const Json*> items;
  for (const auto& [name, item] : members->items()) {
    const Json number = number_or_text<std::int64_t>(Json(name));
    if (number.is_number()) items.emplace(number.get<std::int64_t>(), &item);
  }
  Json list = Json::array();
  for (const auto& [number, item] : items) list.push_back(typed_by(*shape.element, *item));
  return list;
}

Json structure_of(const Shape& shape, const Json& field) {
  if (!field.is_object()) return field;
  Json structure = Json::object();
  for (const Member& member : shape.members) {
    const auto found = field.find(member.name);
    if (found != field.end()) structure[std::string(member.name)] = typed_by(*member.shape, *found);
  }
  return structure;
}

}  // namespace

ApiResult<QueryForm> parse_query_form(std::string_view form) {
  // Before they are taken apart: each takes far more room then than its bytes here.
  if (std::ranges::count(form, '&') >= static_cast<std::ptrdiff_t>(request_values_max)) {
    return malformed(fmt::format("The form has more than {} fields.", request_values_max));
  }
  const auto parameters = QueryParameters::parse(form);
  if (!parameters) return malformed("The form has a malformed escape.");
  QueryForm read;
  FieldTree fields;
  for (const auto& [name, value] : parameters->all()) {
    if (!is_utf8(name) || !is_utf8(value)) return malformed("The form has text that is not UTF-8.");
    if (name == "Action") {
      read.action = value;
    } else {
      TRY_VOID(fields.place(name, value));
    }
  }
  read.fields = fields.take();
  return read;
}

ApiResult<QueryForm> read_query_form(Request& request) {
  if (request.method == "GET") return parse_query_form(request.query);
  TRY(const std::string text, read_request_text(request));
  return parse_query_form(text);
}

Json typed_by(const Shape& shape, const Json& field) {
  switch (shape.kind) {
    case ShapeKind::structure:
      return structure_of(shape, field);
    case ShapeKind::list:
      return list_of(shape, field);
    default:
      return plain(shape, field);
  }
}

}  // namespace trainyard::api
