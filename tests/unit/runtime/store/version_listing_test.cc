// Versions against a model that is simple enough to be right: for each key a list, latest first.

#include <algorithm>
#include <map>
#include <random>

#include <doctest/doctest.h>

#include "runtime/object/embedded_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

struct ModelVersion {
  std::string id;
  bool marker = false;
  std::string content;
};

class Model {
 public:
  Versioning versioning = Versioning::off;

  void put(const std::string& key, const std::string& id, const std::string& content) {
    make_room(key);
    keys[key].insert(keys[key].begin(), {id, false, content});
  }
  void remove(const std::string& key, const std::string& id) {
    make_room(key);
    if (versioning != Versioning::off) keys[key].insert(keys[key].begin(), {id, true, ""});
  }
  void remove_version(const std::string& key, const std::string& id) {
    std::erase_if(keys[key], [&](const ModelVersion& version) { return version.id == id; });
  }

  std::map<std::string, std::vector<ModelVersion>> keys;

 private:
  void make_room(const std::string& key) {
    if (versioning != Versioning::enabled) remove_version(key, "null");
    if (versioning == Versioning::off) keys[key].clear();
  }
};

// What a listing shows, one line each.
std::vector<std::string> expected(const Model& model, const VersionListQuery& query) {
  std::vector<std::string> lines;
  for (const auto& [key, versions] : model.keys) {
    if (!key.starts_with(query.prefix) || versions.empty()) continue;
    if (const auto shown = common_prefix_of(key, query.prefix, query.delimiter)) {
      if (lines.empty() || lines.back() != *shown) lines.push_back(*shown);
      continue;
    }
    for (const ModelVersion& version : versions) {
      lines.push_back(fmt::format("{} {} {} {}", key, version.id, version.marker,
                                  &version == &versions.front()));
    }
  }
  return lines;
}

std::vector<std::string> listed(EmbeddedStore& store, VersionListQuery query) {
  std::vector<std::string> lines;
  for (;;) {
    const auto page = store.list_versions("bucket", query);
    REQUIRE(page);
    CHECK(page->versions.size() + page->common_prefixes.size() <= query.limit);
    // Both are in order; together they are by key.
    std::multimap<std::string, std::string> entries;
    for (const ListedVersion& version : page->versions) {
      entries.emplace(version.info.key,
                      fmt::format("{} {} {} {}", version.info.key, version.info.version,
                                  version.info.delete_marker, version.latest));
    }
    for (const std::string& prefix : page->common_prefixes) entries.emplace(prefix, prefix);
    for (const auto& [key, line] : entries) lines.push_back(line);
    if (!page->truncated) return lines;
    query.key_marker = page->next_key_marker;
    query.version_marker = page->next_version_marker;
  }
}

}  // namespace

TEST_CASE("versions are kept, hidden, shown and listed as the model says") {
  const testing::TempDir directory;
  testing::FakeClock clock;
  const auto store = EmbeddedStore::open(directory / "objects", clock, {}).value();
  REQUIRE(store->create_bucket("bucket"));
  const std::vector<std::string> keys = {"a", "a/b", "a/c/d", "ab", "b", "b//", "c"};
  const std::vector<std::string> prefixes = {"", "a", "a/", "b", "x"};
  Model model;
  std::mt19937 random(4711);
  const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };

  for (int step = 0; step < 1500; ++step) {
    const std::string& key = keys[pick(keys.size())];
    const std::size_t action = pick(20);
    if (action < 9) {
      const std::string content = std::to_string(step);
      auto writer = store->put("bucket", key, {}, false).value();
      REQUIRE(writer->write(as_bytes(content)));
      const auto info = writer->commit();
      REQUIRE(info);
      model.put(key, info->version.empty() ? "null" : info->version, content);
    } else if (action < 13) {
      const auto removed = store->remove_all("bucket", {{.key = key}});
      REQUIRE(removed);
      model.remove(key, removed->front().version);
    } else if (action < 19) {
      auto& versions = model.keys[key];
      if (versions.empty()) continue;
      const std::string id = versions[pick(versions.size())].id;
      REQUIRE(store->remove_all("bucket", {{.key = key, .version = id}}));
      model.remove_version(key, id);
    } else if (step > 50) {
      model.versioning = pick(2) == 0 ? Versioning::enabled : Versioning::suspended;
      REQUIRE(store->set_versioning("bucket", model.versioning));
    }

    const auto& versions = model.keys[key];
    const auto current = store->open("bucket", key);
    const bool visible = !versions.empty() && !versions.front().marker;
    REQUIRE(current.has_value() == visible);
    if (visible) CHECK(read_all(**current, 100).value() == versions.front().content);
    if (step % 10 != 0) continue;
    const VersionListQuery query{prefixes[pick(prefixes.size())], pick(2) == 0 ? "" : "/", "", "",
                                 1 + pick(7)};
    CAPTURE(step);
    CHECK(listed(*store, query) == expected(model, query));
  }
  REQUIRE(store->clear());
  CHECK(store->buckets()->empty());
}

}  // namespace trainyard
