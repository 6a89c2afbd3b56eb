#include <algorithm>

#include "api/logs/filter_pattern.h"
#include "api/logs/pattern_reader.h"

namespace trainyard::api {

namespace {

// One field of the pattern: a name, and what must hold for the field in its place.
struct Field {
  std::vector<Comparison> comparisons;
  std::optional<Junction> junction;  // none: anything will do

  bool holds_for(std::string_view value) const {
    return !junction || junction->holds([&](std::size_t comparison) {
      return comparisons[comparison].holds_for(value);
    });
  }
};

// Fields are separated by spaces; what stands in quotes or brackets is one, without them.
std::vector<std::string_view> split(std::string_view message) {
  std::vector<std::string_view> fields;
  std::string missing;  // closing marks that do not come any more, and need not be searched again
  const auto find_close = [&](char close) {
    if (close == '\0' || missing.find(close) != missing.npos) return message.npos;
    const std::size_t end = message.find(close, 1);
    if (end == message.npos) missing += close;
    return end;
  };
  for (;;) {
    message.remove_prefix(std::min(message.find_first_not_of(" \t\r\n"), message.size()));
    if (message.empty()) return fields;
    const char close = message.front() == '"' ? '"' : message.front() == '[' ? ']' : '\0';
    const std::size_t end = find_close(close);
    if (end != message.npos) {
      fields.push_back(message.substr(1, end - 1));
      message.remove_prefix(end + 1);
    } else {
      fields.push_back(message.substr(0, message.find_first_of(" \t\r\n")));
      message.remove_prefix(fields.back().size());
    }
  }
}

class FieldMatcher final : public FilterPattern::Matcher {
 public:
  bool matches(std::string_view message) const override {
    const std::vector<std::string_view> values = split(message);
    const std::size_t wanted = before.size() + after.size();
    if (open ? values.size() < wanted : values.size() != wanted) return false;
    const auto hold = [&](const std::vector<Field>& fields, std::size_t begin) {
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!fields[i].holds_for(values[begin + i])) return false;
      }
      return true;
    };
    return hold(before, 0) && hold(after, values.size() - after.size());
  }

  std::vector<Field> before;
  bool open = false;  // "..." stands between: any number of fields
  std::vector<Field> after;
};

ApiResult<Field> take_field(PatternReader& reader) {
  Field field;
  // The name is repeated in every comparison, and only a name for people.
  const auto take_name = [&] { reader.skip_space(), reader.take_until(" \t\r\n,=!<>&|()]"); };
  const auto take_comparison = [&]() -> ApiResult<std::size_t> {
    take_name();
    TRY(Comparison comparison, reader.take_comparison());
    field.comparisons.push_back(std::move(comparison));
    return field.comparisons.size() - 1;
  };
  PatternReader look(reader);
  look.skip_space();
  look.take_until(" \t\r\n,=!<>&|()]");
  look.skip_space();
  if (look.peek() == ',' || look.peek() == ']') {
    take_name();
    reader.skip_space();
    return field;
  }
  TRY(field.junction, reader.take_junction(take_comparison));
  return field;
}

}  // namespace

FilterMatcher parse_field_filter(std::string_view text) {
  auto matcher = std::make_unique<FieldMatcher>();
  PatternReader reader(text);
  reader.take("[");
  do {
    if (reader.take("...")) {
      if (matcher->open) return failure(reader.error("something else than a second ..."));
      matcher->open = true;
      continue;
    }
    TRY(Field field, take_field(reader));
    (matcher->open ? matcher->after : matcher->before).push_back(std::move(field));
  } while (reader.take(","));
  if (!reader.take("]")) return failure(reader.error("a comma or ]"));
  reader.skip_space();
  if (!reader.at_end()) return failure(reader.error("the pattern's end"));
  return matcher;
}

}  // namespace trainyard::api
