#include "tests/support/fake_container.h"

#include <algorithm>
#include <cstdint>

#include <arpa/inet.h>

namespace trainyard::testing {
namespace {

struct Subnet {
  std::uint32_t address = 0;
  unsigned length = 0;
};

Subnet parse_subnet(const std::string& text) {
  const std::size_t slash = text.find('/');
  in_addr address{};
  ::inet_pton(AF_INET, text.substr(0, slash).c_str(), &address);
  return {ntohl(address.s_addr), static_cast<unsigned>(std::stoul(text.substr(slash + 1)))};
}

std::string last_component(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::pair<FakeTree*, std::string> FakeContainer::locate(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  std::string best;
  for (const auto& [target, volume] : mounts) {
    const bool below = path == target || path.starts_with(target + "/");
    if (below && target.size() > best.size()) best = target;
  }
  std::string rest = path.substr(best.size());
  if (rest.starts_with('/')) rest.erase(0, 1);
  return {best.empty() ? &tree : &mounts.at(best)->tree, rest};
}

std::optional<std::string> FakeContainer::content(const std::string& path) {
  const auto [files, rest] = locate(path);
  const auto found = files->find(rest);
  if (found == files->end() || found->second.type != TreeEntry::Type::file) return std::nullopt;
  return found->second.content;
}

Result<FakeTree> extract_tree(FakeContainer& container, const std::string& path) {
  const auto [files, rest] = container.locate(path);
  const std::string name = last_component(path);
  FakeTree result;
  const auto root = files->find(rest);
  if (root != files->end() && root->second.type != TreeEntry::Type::directory) {
    result.emplace(name, root->second);
    return result;
  }
  if (!is_directory(*files, rest)) {
    return failure(ErrorKind::not_found, fmt::format("no file {} in the container", path));
  }
  result.emplace(name, root != files->end() ? root->second : fake_directory());
  for (const auto& [entry, file] : *files) {
    const std::string prefix = rest.empty() ? "" : rest + "/";
    if (!entry.starts_with(prefix) || entry == rest) continue;
    FakeFile copy = file;
    if (copy.type == TreeEntry::Type::hardlink) {
      copy.link_target = name + "/" + copy.link_target.substr(prefix.size());
    }
    result.emplace(name + "/" + entry.substr(prefix.size()), std::move(copy));
  }
  return result;
}

Result<void> insert_tree(FakeContainer& container, const std::string& path, const FakeTree& files) {
  const auto [tree, rest] = container.locate(path);
  const bool is_mount_parent = std::ranges::any_of(
      container.mounts, [&](const auto& mount) { return mount.first.starts_with(path); });
  if (!is_directory(*tree, rest) && !is_mount_parent) {
    return failure(ErrorKind::not_found, fmt::format("no directory {} in the container", path));
  }
  const std::string base = path.ends_with('/') ? path : path + "/";
  for (const auto& [entry, file] : files) {
    // An entry may lie below a mount that is itself below `path`.
    const auto [target, inner] = container.locate(base + entry);
    add_file(*target, inner, file);
  }
  return {};
}

bool carries(const Labels& all, const Labels& wanted) {
  return std::ranges::includes(all, wanted);
}

bool subnets_overlap(const std::string& left, const std::string& right) {
  const Subnet a = parse_subnet(left);
  const Subnet b = parse_subnet(right);
  const unsigned length = std::min(a.length, b.length);
  return length == 0 || ((a.address ^ b.address) >> (32 - length)) == 0;
}

std::string address_in_subnet(const std::string& subnet, unsigned host) {
  in_addr address{};
  address.s_addr = htonl(parse_subnet(subnet).address + host);
  char text[INET_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET, &address, text, sizeof text);
  return text;
}

std::string with_tag(const std::string& reference) {
  const std::string name = last_component(reference);
  return name.find_first_of(":@") == std::string::npos ? reference + ":latest" : reference;
}

}  // namespace trainyard::testing
