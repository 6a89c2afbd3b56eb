#pragma once

// The parts of a request's target, decoded by hand: general URI libraries normalise paths, but an
// object key may well be "..", or hold "//".

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trainyard::api {

// Decodes %XX, once. Nothing when an escape is malformed. "+" stays what it is.
std::optional<std::string> percent_decode(std::string_view text);

// Encodes everything but letters, digits and "-_.~", and "/" where `keep_slash`.
std::string percent_encode(std::string_view text, bool keep_slash);

// The query's parameters in their order. In a query, "+" is a space.
class QueryParameters {
 public:
  QueryParameters() = default;
  // Nothing when an escape is malformed.
  static std::optional<QueryParameters> parse(std::string_view raw);

  // The first value of that name ("" when it has none), or nothing.
  std::optional<std::string_view> find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  const std::vector<std::pair<std::string, std::string>>& all() const { return parameters_; }
  std::string get(std::string_view name) const { return std::string(find(name).value_or("")); }

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace trainyard::api
