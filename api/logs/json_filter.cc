#include <algorithm>
#include <charconv>
#include <variant>

#include <nlohmann/json.hpp>

#include "api/logs/filter_pattern.h"
#include "api/logs/pattern_reader.h"
#include "api/wire/bounded_json.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

struct AnyItem {};
// A member's name, an item's place, or every item.
using Step = std::variant<std::string, std::size_t, AnyItem>;
using Nodes = std::vector<const Json*>;

struct JsonCondition {
  enum class Kind { comparison, is_null, is_true, is_false, exists, not_exists };

  std::vector<Step> selector;
  Kind kind = Kind::comparison;
  Comparison comparison;
};

void follow(const Step& step, const Json& node, Nodes& found) {
  if (const auto* name = std::get_if<std::string>(&step)) {
    if (!node.is_object()) return;
    if (const auto member = node.find(*name); member != node.end()) found.push_back(&*member);
  } else if (!node.is_array()) {
    return;
  } else if (const auto* place = std::get_if<std::size_t>(&step)) {
    if (*place < node.size()) found.push_back(&node[*place]);
  } else {
    for (const Json& item : node) found.push_back(&item);
  }
}

Nodes select(const std::vector<Step>& selector, const Json& event) {
  Nodes nodes{&event};
  for (const Step& step : selector) {
    Nodes next;
    for (const Json* node : nodes) follow(step, *node, next);
    nodes = std::move(next);
  }
  return nodes;
}

bool compare(const Comparison& comparison, const Json& node) {
  if (node.is_string()) return comparison.holds_for(node.get_ref<const std::string&>());
  if (node.is_number() && comparison.number) return comparison.holds_for(node.get<double>());
  if (node.is_array()) {
    return std::ranges::any_of(
        node, [&](const Json& item) { return !item.is_array() && compare(comparison, item); });
  }
  return comparison.holds_for(node.dump(-1, ' ', false, Json::error_handler_t::replace));
}

bool holds(const JsonCondition& condition, const Json& event) {
  using Kind = JsonCondition::Kind;
  const Nodes nodes = select(condition.selector, event);
  if (condition.kind == Kind::not_exists) return nodes.empty();
  return std::ranges::any_of(nodes, [&](const Json* node) {
    switch (condition.kind) {
      case Kind::is_null:
        return node->is_null();
      case Kind::is_true:
        return node->is_boolean() && node->get<bool>();
      case Kind::is_false:
        return node->is_boolean() && !node->get<bool>();
      case Kind::comparison:
        return compare(condition.comparison, *node);
      case Kind::exists:
      case Kind::not_exists:
        break;
    }
    return true;
  });
}

class JsonMatcher final : public FilterPattern::Matcher {
 public:
  bool matches(std::string_view message) const override {
    const std::size_t begin = message.find_first_not_of(" \t\r\n");
    if (begin == message.npos || (message[begin] != '{' && message[begin] != '[')) return false;
    const Json event = parse_bounded_json(message);
    if (event.is_discarded()) return false;
    return junction.holds(
        [&](std::size_t condition) { return holds(conditions[condition], event); });
  }

  std::vector<JsonCondition> conditions;
  Junction junction;
};

// What stands in brackets: a number, *, or a name in single or double quotes.
ApiResult<Step> take_bracketed(PatternReader& reader) {
  reader.skip_space();
  std::optional<Step> step;
  if (reader.take("*")) {
    step = AnyItem{};
  } else if (reader.peek() == '"') {
    TRY(step, reader.take_quoted());
  } else if (reader.take("'")) {
    step = std::string(reader.take_until("'"));
    if (!reader.take("'")) return failure(reader.error("a closing quote"));
  } else {
    std::size_t place = 0;
    const std::string_view digits = reader.take_until(" ]");
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), place);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      return failure(reader.error("the number of an item, or *, before this"));
    }
    step = place;
  }
  if (!reader.take("]")) return failure(reader.error("a closing bracket"));
  return *step;
}

ApiResult<std::vector<Step>> take_selector(PatternReader& reader) {
  if (!reader.take("$")) return failure(reader.error("a selector that begins with $"));
  std::vector<Step> steps;
  for (;;) {
    if (reader.peek() == '.') {
      reader.take_character();
      if (reader.peek() == '"') {
        TRY(std::string name, reader.take_quoted());
        steps.emplace_back(std::move(name));
      } else {
        const std::string_view name = reader.take_until(" \t\r\n.[=!<>&|(){}\"");
        if (name.empty()) return failure(reader.error("the name of a member"));
        steps.emplace_back(std::string(name));
      }
    } else if (reader.peek() == '[') {
      reader.take_character();
      TRY(Step step, take_bracketed(reader));
      steps.push_back(std::move(step));
    } else {
      return steps;
    }
  }
}

ApiResult<JsonCondition> take_condition(PatternReader& reader) {
  using Kind = JsonCondition::Kind;
  JsonCondition condition;
  TRY(condition.selector, take_selector(reader));
  if (reader.take_word("IS")) {
    if (reader.take_word("NULL")) {
      condition.kind = Kind::is_null;
    } else if (reader.take_word("TRUE")) {
      condition.kind = Kind::is_true;
    } else if (reader.take_word("FALSE")) {
      condition.kind = Kind::is_false;
    } else {
      return failure(reader.error("NULL, TRUE or FALSE"));
    }
  } else if (reader.take_word("NOT")) {
    if (!reader.take_word("EXISTS")) return failure(reader.error("EXISTS"));
    condition.kind = Kind::not_exists;
  } else if (reader.take_word("EXISTS")) {
    condition.kind = Kind::exists;
  } else {
    TRY(condition.comparison, reader.take_comparison());
  }
  return condition;
}

}  // namespace

FilterMatcher parse_json_filter(std::string_view text) {
  auto matcher = std::make_unique<JsonMatcher>();
  PatternReader reader(text);
  reader.take("{");
  TRY(matcher->junction, reader.take_junction([&]() -> ApiResult<std::size_t> {
    TRY(JsonCondition condition, take_condition(reader));
    matcher->conditions.push_back(std::move(condition));
    return matcher->conditions.size() - 1;
  }));
  if (!reader.take("}")) return failure(reader.error("&&, || or }"));
  reader.skip_space();
  if (!reader.at_end()) return failure(reader.error("the pattern's end"));
  return matcher;
}

}  // namespace trainyard::api
