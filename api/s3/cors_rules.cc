#include "api/s3/cors_rules.h"

#include <algorithm>
#include <iterator>

#include <pugixml.hpp>

#include "api/s3/s3_call.h"
#include "api/s3/xml_input.h"
#include "api/wire/text.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

constexpr std::size_t most_rules = 100;
constexpr std::string_view known_methods[] = {"GET", "PUT", "HEAD", "POST", "DELETE"};

// "*" stands for any text, once.
bool matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == pattern.npos) return pattern == text;
  const std::string_view begin = pattern.substr(0, star);
  const std::string_view end = pattern.substr(star + 1);
  return text.size() >= begin.size() + end.size() && text.starts_with(begin) && text.ends_with(end);
}

S3Result<void> check_wildcard(const char* element, std::string_view value) {
  if (std::count(value.begin(), value.end(), '*') <= 1) return {};
  return s3_failure("InvalidRequest",
                    fmt::format("{} \"{}\" can not have more than one wildcard.", element, value));
}

S3Result<void> check_rule(const CorsRule& rule) {
  if (rule.origins.empty() || rule.methods.empty()) return s3_failure("MalformedXML");
  for (const std::string& origin : rule.origins) {
    TRY_VOID(check_wildcard("AllowedOrigin", origin));
  }
  for (const std::string& header : rule.headers) {
    TRY_VOID(check_wildcard("AllowedHeader", header));
  }
  for (const std::string& method : rule.methods) {
    if (std::find(std::begin(known_methods), std::end(known_methods), method) !=
        std::end(known_methods)) {
      continue;
    }
    return s3_failure(
        "InvalidRequest",
        "Found unsupported HTTP method in CORS config. Unsupported method is " + method);
  }
  for (const std::string& header : rule.exposed) {
    if (header.find('*') == header.npos) continue;
    return s3_failure("InvalidRequest",
                      fmt::format("ExposeHeader \"{}\" contains wildcard. We currently do not "
                                  "support wildcard for ExposeHeader.",
                                  header));
  }
  return {};
}

S3Result<CorsRule> parse_rule(const pugi::xml_node& node) {
  CorsRule rule;
  for (const pugi::xml_node& child : node.children()) {
    const std::string_view name = local_name(child);
    const std::string text(trimmed(child.text().get()));
    if (name == "ID") rule.id = text;
    if (name == "AllowedOrigin") rule.origins.push_back(text);
    if (name == "AllowedMethod") rule.methods.push_back(text);
    if (name == "AllowedHeader") rule.headers.push_back(text);
    if (name == "ExposeHeader") rule.exposed.push_back(text);
    if (name != "MaxAgeSeconds") continue;
    rule.max_age = parse_number<std::int64_t>(text);
    if (!rule.max_age) return s3_failure("MalformedXML");
  }
  TRY_VOID(check_rule(rule));
  return rule;
}

bool allows_headers(const CorsRule& rule, std::string_view wanted) {
  bool all = true;
  for_each_item(to_lower(wanted), [&](std::string_view header) {
    all = all && std::any_of(rule.headers.begin(), rule.headers.end(), [&](const auto& pattern) {
            return matches(to_lower(pattern), header);
          });
  });
  return all;
}

std::string joined(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, ", "));
}

}  // namespace

S3Result<std::vector<CorsRule>> parse_cors_document(const std::string& text) {
  TRY(const auto document, parse_xml(text, "CORSConfiguration"));
  std::vector<CorsRule> rules;
  for (const pugi::xml_node& node : document->document_element().children()) {
    if (local_name(node) != "CORSRule") continue;
    if (rules.size() == most_rules) return s3_failure("MalformedXML");
    TRY(CorsRule rule, parse_rule(node));
    rules.push_back(std::move(rule));
  }
  if (rules.empty()) return s3_failure("MalformedXML");
  return rules;
}

std::string cors_document(const std::vector<CorsRule>& rules) {
  XmlWriter xml("CORSConfiguration", s3_name_space);
  const auto list = [&](const char* name, const std::vector<std::string>& values) {
    for (const std::string& value : values) xml.element(name, value);
  };
  for (const CorsRule& rule : rules) {
    xml.open("CORSRule");
    if (!rule.id.empty()) xml.element("ID", rule.id);
    list("AllowedHeader", rule.headers);
    list("AllowedMethod", rule.methods);
    list("AllowedOrigin", rule.origins);
    list("ExposeHeader", rule.exposed);
    if (rule.max_age) xml.element("MaxAgeSeconds", std::to_string(*rule.max_age));
    xml.close();
  }
  return xml.finish();
}

std::optional<CorsAnswer> find_cors_rule(const std::vector<CorsRule>& rules,
                                         const CorsQuestion& question) {
  for (const CorsRule& rule : rules) {
    if (std::find(rule.methods.begin(), rule.methods.end(), question.method) ==
        rule.methods.end()) {
      continue;
    }
    const auto origin =
        std::find_if(rule.origins.begin(), rule.origins.end(),
                     [&](const auto& pattern) { return matches(pattern, question.origin); });
    if (origin == rule.origins.end() || !allows_headers(rule, question.headers)) continue;
    return CorsAnswer{&rule, *origin == "*"};
  }
  return std::nullopt;
}

void add_cors_headers(const CorsAnswer& answer, const CorsQuestion& question, Headers& headers) {
  const CorsRule& rule = *answer.rule;
  headers.add("Access-Control-Allow-Origin",
              answer.any_origin ? "*" : std::string(question.origin));
  headers.add("Access-Control-Allow-Methods", joined(rule.methods));
  if (!question.headers.empty()) {
    headers.add("Access-Control-Allow-Headers", to_lower(question.headers));
  }
  if (!rule.exposed.empty()) headers.add("Access-Control-Expose-Headers", joined(rule.exposed));
  if (rule.max_age) headers.add("Access-Control-Max-Age", std::to_string(*rule.max_age));
  if (!answer.any_origin) headers.add("Access-Control-Allow-Credentials", "true");
  headers.add("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
}

}  // namespace trainyard::api
