#include "runtime/channel/channel_plan.h"

#include <climits>
#include <optional>
#include <unordered_map>

#include "runtime/artifact/notices.h"

namespace trainyard {
namespace {

constexpr std::size_t longest_component = NAME_MAX;

tl::unexpected<Error> unusable(const std::string& key, std::string_view reason) {
  return failure(ErrorKind::invalid_argument,
                 fmt::format("the object with the key \"{}\" cannot be a file of the channel: {}",
                             printable(key), reason));
}

tl::unexpected<Error> clash(const std::string& one, const std::string& other) {
  return failure(ErrorKind::invalid_argument,
                 fmt::format("the objects with the keys \"{}\" and \"{}\" cannot both be files of "
                             "the channel",
                             printable(one), printable(other)));
}

std::optional<std::string_view> fault_of(std::string_view component) {
  if (component == "." || component == "..") return "it has a \".\" or \"..\" component";
  if (component.size() > longest_component) return "a component is longer than 255 bytes";
  return std::nullopt;
}

// Refuses names of which one would have to be both a file and a directory, or two files.
Result<void> check_clashes(const std::vector<PlannedObject>& objects) {
  std::unordered_map<std::string_view, const PlannedObject*> files;
  for (const auto& object : objects) {
    if (object.directory) continue;
    const auto [other, is_new] = files.try_emplace(object.path, &object);
    if (!is_new) return clash(other->second->key, object.key);
  }
  for (const auto& object : objects) {
    const std::string_view path = object.path;
    std::size_t end = object.directory ? path.size() : path.rfind('/');
    while (end != std::string_view::npos && end != 0) {
      const auto file = files.find(path.substr(0, end));
      if (file != files.end()) return clash(file->second->key, object.key);
      end = path.rfind('/', end - 1);
    }
  }
  return {};
}

}  // namespace

std::string_view local_name(std::string_view prefix, std::string_view key) {
  if (prefix.empty() || prefix.ends_with('/')) return key.substr(prefix.size());
  if (key.size() > prefix.size() && key[prefix.size()] == '/') return key.substr(prefix.size() + 1);
  const std::size_t slash = prefix.rfind('/');
  return slash == std::string_view::npos ? key : key.substr(slash + 1);
}

Result<void> ChannelPlanner::add(const ObjectInfo& object) {
  std::string_view name = local_name(prefix_, object.key);
  PlannedObject planned;
  planned.key = object.key;
  planned.size = object.size;
  planned.directory = name.empty() || name.ends_with('/');
  if (planned.directory && object.size != 0) {
    return unusable(object.key, "it ends in \"/\" but is not empty");
  }
  if (name.find('\0') != std::string_view::npos) return unusable(object.key, "it holds a NUL");
  while (!name.empty()) {
    const std::size_t slash = name.find('/');
    const std::string_view component = name.substr(0, slash);
    name = slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
    if (component.empty()) continue;  // "a//b" is the file a/b, as in every path
    if (const auto fault = fault_of(component)) return unusable(object.key, *fault);
    if (!planned.path.empty()) planned.path += '/';
    planned.path += component;
  }
  if (base_length_ + 1 + planned.path.size() >= PATH_MAX) {
    return unusable(object.key, "its path in the container would be too long");
  }
  plan_.bytes += planned.size;
  plan_.objects.push_back(std::move(planned));
  return {};
}

Result<ChannelPlan> ChannelPlanner::finish() {
  TRY_VOID(check_clashes(plan_.objects));
  return std::move(plan_);
}

Result<ChannelPlan> plan_channel(ObjectStore& store, const ObjectUri& uri, std::size_t base_length,
                                 std::stop_token stop) {
  ChannelPlanner planner(uri.path, base_length);
  ObjectListQuery query;
  query.prefix = uri.path;
  bool any = false;
  for (;;) {
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "listing was stopped");
    TRY(auto page, store.list(uri.bucket, query));
    for (const auto& object : page.objects) TRY_VOID(planner.add(object));
    any = any || !page.objects.empty();
    if (!page.next_start_after) break;
    query.start_after = *page.next_start_after;
  }
  if (!any) {
    return failure(ErrorKind::not_found,
                   fmt::format("no objects found under {}; check that objects exist under that "
                               "prefix",
                               to_string(uri)));
  }
  return planner.finish();
}

std::string channel_manifest(const ObjectUri& uri, const ChannelPlan& plan) {
  std::string text = uri.path + '\n';
  for (const auto& object : plan.objects) {
    text += fmt::format("s3://{}/{}\n", uri.bucket, object.key);
  }
  return text;
}

}  // namespace trainyard
