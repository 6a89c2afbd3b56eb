#include "server/config_file.h"

#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <toml++/toml.h>

#include "runtime/base/stream.h"
#include "runtime/base/unique_fd.h"

namespace trainyard::server {

namespace {

constexpr std::size_t file_limit = 1 << 20;

Result<std::string> read_text(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failure(system_error(errno, "open " + path.string()));
  FdSource source(file.get());
  auto text = read_all(source, file_limit);
  if (!text) return failure(text.error().kind, path.string() + ": " + text.error().message);
  return text;
}

std::string_view wanted_type(OptionKind kind) {
  switch (kind) {
    case OptionKind::text:
      return "a string";
    case OptionKind::integer:
      return "an integer";
    case OptionKind::size:
      return "an integer or a string";
    case OptionKind::boolean:
      return "true or false";
    case OptionKind::list:
    case OptionKind::variables:
      return "an array of strings";
  }
  return "";
}

std::optional<std::vector<std::string>> strings_of(const toml::array& array) {
  std::vector<std::string> values;
  for (const toml::node& element : array) {
    const auto* text = element.as_string();
    if (text == nullptr) return std::nullopt;
    values.push_back(text->get());
  }
  return values;
}

// Nothing when the value's type is not the option's.
std::optional<std::vector<std::string>> values_of(const toml::node& node, OptionKind kind) {
  using Values = std::vector<std::string>;
  const bool text = kind == OptionKind::text || kind == OptionKind::size || is_list(kind);
  if (text && node.is_string()) return Values{node.as_string()->get()};
  const bool integer = kind == OptionKind::integer || kind == OptionKind::size;
  if (integer && node.is_integer()) return Values{std::to_string(node.as_integer()->get())};
  if (kind == OptionKind::boolean && node.is_boolean()) {
    return Values{node.as_boolean()->get() ? "true" : "false"};
  }
  if (is_list(kind) && node.is_array()) return strings_of(*node.as_array());
  return std::nullopt;
}

// toml++ reports by exceptions; they end here.
Result<toml::table> parse(const std::string& text, const std::filesystem::path& path) {
  try {
    return toml::table(toml::parse(text, path.string()));
  } catch (const toml::parse_error& error) {
    return failure(
        ErrorKind::invalid_argument,
        fmt::format("{}:{}: {}", path.string(), error.source().begin.line, error.description()));
  }
}

Result<GivenOption> option_of(const toml::key& key, const toml::node& node,
                              const std::filesystem::path& path) {
  const std::string where =
      fmt::format("{}:{}: {}", path.string(), key.source().begin.line, key.str());
  const OptionRow* row = find_option(key.str());
  if (row == nullptr) {
    return failure(ErrorKind::invalid_argument,
                   where + ": there is no such option; \"trainyard serve --help\" lists them");
  }
  if (!row->in_file) {
    return failure(ErrorKind::invalid_argument,
                   where + ": this option cannot be in a configuration file");
  }
  auto values = values_of(node, row->kind);
  if (!values) {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("{}: the value must be {}", where, wanted_type(row->kind)));
  }
  return GivenOption{row, where, std::move(*values)};
}

}  // namespace

Result<std::vector<GivenOption>> read_config_file(const std::filesystem::path& path) {
  TRY(const std::string text, read_text(path));
  TRY(const toml::table table, parse(text, path));
  std::vector<GivenOption> options;
  for (const auto& [key, node] : table) {
    TRY(GivenOption option, option_of(key, node, path));
    options.push_back(std::move(option));
  }
  return options;
}

}  // namespace trainyard::server
