#include "api/s3/post_policy.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <nlohmann/json.hpp>

#include "api/wire/bounded_json.h"
#include "api/wire/http_date.h"
#include "api/wire/text.h"
#include "runtime/object/digest.h"

namespace trainyard::api {

namespace {

using nlohmann::json;

// Need no condition.
constexpr std::string_view exempt[] = {"awsaccesskeyid", "bucket",    "file",
                                       "policy",         "signature", "x-amz-signature"};

tl::unexpected<S3Error> malformed(const std::string& what) {
  return s3_failure("InvalidPolicyDocument", "Invalid Policy: " + what);
}

tl::unexpected<S3Error> denied(const std::string& why) {
  return s3_failure("AccessDenied", "Invalid according to Policy: " + why);
}

struct Condition {
  enum class Kind { equals, begins, size };
  Kind kind = Kind::equals;
  std::string name;  // lower case, without the "$"
  std::string value;
  SizeRange size{};
  std::string text;  // as it is told of
};

S3Result<std::uint64_t> size_of(const json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_string()) {
    if (const auto number = parse_number<std::uint64_t>(value.get_ref<const std::string&>())) {
      return *number;
    }
  }
  return malformed("Invalid content-length-range.");
}

S3Result<Condition> parse_list(const json& list) {
  if (list.size() != 3 || !list[0].is_string()) return malformed("Invalid Condition.");
  Condition condition;
  condition.text = list.dump(-1, ' ', false, json::error_handler_t::replace);
  const std::string kind = to_lower(list[0].get_ref<const std::string&>());
  if (kind == "content-length-range") {
    condition.kind = Condition::Kind::size;
    TRY(condition.size.least, size_of(list[1]));
    TRY(condition.size.most, size_of(list[2]));
    return condition;
  }
  if ((kind != "eq" && kind != "starts-with") || !list[1].is_string() || !list[2].is_string() ||
      !list[1].get_ref<const std::string&>().starts_with('$')) {
    return malformed("Invalid Condition.");
  }
  condition.kind = kind == "eq" ? Condition::Kind::equals : Condition::Kind::begins;
  condition.name = to_lower(list[1].get_ref<const std::string&>().substr(1));
  condition.value = list[2].get<std::string>();
  return condition;
}

// {"name": "value"}, possibly several at once.
S3Result<void> parse_object(const json& object, std::vector<Condition>& conditions) {
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) return malformed("Invalid Simple-Condition.");
    const std::string text = value.get<std::string>();
    conditions.push_back(
        {Condition::Kind::equals,
         to_lower(name),
         text,
         {},
         json{"eq", "$" + name, text}.dump(-1, ' ', false, json::error_handler_t::replace)});
  }
  return {};
}

S3Result<std::vector<Condition>> parse_conditions(const json& policy) {
  const auto list = policy.find("conditions");
  if (list == policy.end() || !list->is_array()) return malformed("Policy missing conditions.");
  std::vector<Condition> conditions;
  for (const json& item : *list) {
    if (item.is_object()) {
      TRY_VOID(parse_object(item, conditions));
    } else if (item.is_array()) {
      TRY(Condition condition, parse_list(item));
      conditions.push_back(std::move(condition));
    } else {
      return malformed("Invalid Condition.");
    }
  }
  return conditions;
}

bool holds(const Condition& condition, std::string_view value) {
  if (condition.kind == Condition::Kind::equals) return value == condition.value;
  return value.starts_with(condition.value);
}

S3Result<void> check_time(const json& policy, Time now) {
  const auto expiration = policy.find("expiration");
  if (expiration == policy.end() || !expiration->is_string()) {
    return malformed("Policy missing expiration.");
  }
  const auto end = parse_http_date(expiration->get_ref<const std::string&>());
  if (!end) return malformed("Invalid 'expiration' value.");
  if (now > *end) return denied("Policy expired.");
  return {};
}

}  // namespace

S3Result<SizeRange> check_post_policy(std::string_view policy, const std::vector<FormField>& fields,
                                      Time now) {
  const auto text = from_base64(policy);
  const json document = parse_bounded_json(text.value_or(""));
  if (!document.is_object()) return malformed("Invalid JSON.");
  TRY_VOID(check_time(document, now));
  TRY(const auto conditions, parse_conditions(document));
  SizeRange size;
  std::set<std::string> covered(std::begin(exempt), std::end(exempt));
  for (const Condition& condition : conditions) {
    if (condition.kind == Condition::Kind::size) {
      size = condition.size;
      continue;
    }
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const FormField& candidate) {
      return candidate.name == condition.name;
    });
    const std::string_view value = field == fields.end() ? std::string_view() : field->value;
    if (!holds(condition, value)) return denied("Policy Condition failed: " + condition.text);
    covered.insert(condition.name);
  }
  for (const FormField& field : fields) {
    if (covered.contains(field.name) || field.name.starts_with("x-ignore-")) continue;
    return denied("Extra input fields: " + field.name);
  }
  return size;
}

}  // namespace trainyard::api
