#include "runtime/channel/channel_plan.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <doctest/doctest.h>
#include <sys/fsuid.h>

#include "runtime/object/directory_store.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

using Keys = std::vector<std::pair<std::string, std::uint64_t>>;

Result<ChannelPlan> plan(const std::string& prefix, const Keys& keys) {
  ChannelPlanner planner(prefix, 30);
  for (const auto& [key, size] : keys) {
    ObjectInfo info;
    info.key = key;
    info.size = size;
    TRY_VOID(planner.add(info));
  }
  return planner.finish();
}

std::string paths(const std::string& prefix, const Keys& keys) {
  std::string text;
  const auto planned = plan(prefix, keys);
  REQUIRE(planned);
  for (const auto& object : planned->objects) {
    text += object.path + (object.directory ? "/ " : " ");
  }
  return text;
}

std::string refusal(const std::string& prefix, const Keys& keys) {
  const auto planned = plan(prefix, keys);
  REQUIRE_FALSE(planned);
  CHECK(planned.error().kind == ErrorKind::invalid_argument);
  return planned.error().message;
}

// Lists in pages of the size asked for, and records the pages.
class ListedStore final : public ObjectStore {
 public:
  explicit ListedStore(std::vector<std::string> keys) : keys_(std::move(keys)) {}
  int pages = 0;

  Result<bool> has_bucket(const std::string&) override { return true; }
  Result<ObjectListPage> list(const std::string&, const ObjectListQuery& query) override {
    ++pages;
    ObjectListPage page;
    for (const auto& key : keys_) {
      if (!key.starts_with(query.prefix) || key <= query.start_after) continue;
      if (page.objects.size() == 2) {
        page.next_start_after = page.objects.back().key;
        break;
      }
      page.objects.emplace_back().key = key;
    }
    return page;
  }
  Result<std::unique_ptr<ObjectWriter>> put(const std::string&, const std::string&,
                                            const ObjectMetadata&, bool) override {
    return failure(ErrorKind::unsupported, "");
  }
  Result<std::unique_ptr<ObjectReader>> open(const std::string&, const std::string&) override {
    return failure(ErrorKind::unsupported, "");
  }
  Result<ObjectInfo> head(const std::string&, const std::string&) override {
    return failure(ErrorKind::unsupported, "");
  }
  Result<void> remove(const std::string&, const std::string&) override { return {}; }

 private:
  std::vector<std::string> keys_;
};

}  // namespace

TEST_CASE("local names follow the prefix") {
  CHECK(paths("data/train/", {{"data/train/a", 1}, {"data/train/b/c", 1}}) == "a b/c ");
  CHECK(paths("data/train", {{"data/train/a", 1}, {"data/train/b/c", 1}}) == "a b/c ");
  CHECK(paths("data/train", {{"data/train-1.csv", 1}, {"data/train-2/x", 1}}) ==
        "train-1.csv train-2/x ");
  CHECK(paths("data/train.csv", {{"data/train.csv", 1}}) == "train.csv ");
  CHECK(paths("train", {{"train.csv", 1}}) == "train.csv ");
  CHECK(paths("", {{"a", 1}, {"b/c", 1}}) == "a b/c ");
  CHECK(paths("data/train/", {{"data/train/", 0}, {"data/train/a", 1}}) == "/ a ");
  CHECK(paths("data", {{"data/empty/", 0}, {"data/a//b", 1}}) == "empty/ a/b ");
  CHECK(paths("p/", {{"p/...", 1}, {"p/..a", 1}, {"p/ ", 1}, {"p/a\\..\\b", 1}}) ==
        "... ..a   a\\..\\b ");
}

TEST_CASE("keys that cannot be files are refused by name") {
  CHECK(refusal("p/", {{"p/a/../b", 1}}).find("p/a/../b") != std::string::npos);
  CHECK(refusal("p/", {{"p/..", 1}}).find("p/..") != std::string::npos);
  CHECK(refusal("p/", {{"p/./a", 1}}).find("p/./a") != std::string::npos);
  CHECK(refusal("p", {{"p-1/../../../etc/passwd", 1}}).find("passwd") != std::string::npos);
  CHECK(refusal("p/", {{std::string("p/a\0b", 5), 1}}).find("NUL") != std::string::npos);
  CHECK(refusal("p/", {{"p/" + std::string(256, 'x'), 1}}).find("255") != std::string::npos);
  CHECK(refusal("p/", {{"p/dir/", 5}}).find("not empty") != std::string::npos);
  std::string deep = "p";
  for (int level = 0; level < 21; ++level) deep += '/' + std::string(200, 'd');
  CHECK(refusal("p/", {{deep, 1}}).find("too long") != std::string::npos);
}

TEST_CASE("keys that cannot both be files are refused by their names") {
  const auto names_both = [](const std::string& message, const char* one, const char* other) {
    CHECK(message.find(fmt::format("\"{}\"", one)) != std::string::npos);
    CHECK(message.find(fmt::format("\"{}\"", other)) != std::string::npos);
  };
  names_both(refusal("p/", {{"p/a", 1}, {"p/a-b", 1}, {"p/a/b", 1}}), "p/a", "p/a/b");
  names_both(refusal("p/", {{"p/a", 1}, {"p/a/b/c/d", 1}}), "p/a", "p/a/b/c/d");
  names_both(refusal("p/", {{"p/a//b", 1}, {"p/a/b", 1}}), "p/a//b", "p/a/b");
  names_both(refusal("p/", {{"p//a", 1}, {"p/a", 1}}), "p//a", "p/a");
  names_both(refusal("p/", {{"p/a", 1}, {"p/a/", 0}}), "p/a", "p/a/");
  names_both(refusal("d/t", {{"d/t-1", 1}, {"d/t/t-1", 1}}), "d/t-1", "d/t/t-1");
  CHECK(paths("p/", {{"p/a/", 0}, {"p/a//", 0}, {"p/a/b", 1}}) == "a/ a/ a/b ");
}

TEST_CASE("a prefix is listed page by page; nothing found is an error") {
  ListedStore store({"p/a", "p/b", "p/c", "p/d", "p/e", "q/f"});
  const auto uri = parse_object_uri("s3://bucket/p/").value();
  const auto planned = plan_channel(store, uri, 30, {});
  REQUIRE(planned);
  CHECK(planned->objects.size() == 5);
  CHECK(store.pages == 3);
  CHECK(
      channel_manifest(uri, *planned) ==
      "p/\ns3://bucket/p/a\ns3://bucket/p/b\ns3://bucket/p/c\ns3://bucket/p/d\ns3://bucket/p/e\n");
  const auto none = plan_channel(store, parse_object_uri("s3://bucket/none").value(), 30, {});
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::not_found);
  CHECK(none.error().message.find("s3://bucket/none") != std::string::npos);
  std::stop_source stop;
  stop.request_stop();
  CHECK(plan_channel(store, uri, 30, stop.get_token()).error().kind == ErrorKind::cancelled);
}

TEST_CASE("a channel of which a directory may not be read is refused, not a part of it used") {
  testing::TempDir directory;
  testing::write_file(directory / "a", "a");
  testing::write_file(directory / "closed" / "b", "b");
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(directory / "closed", std::filesystem::perms(0));
  const auto store = DirectoryStore::open(directory.path()).value();
  // Root may read everything: as somebody else, on this thread.
  const int me = ::setfsuid(65534);
  const auto planned = plan_channel(*store, {ObjectUri::Scheme::s3, "bucket", ""}, 30, {});
  ::setfsuid(static_cast<uid_t>(me));
  std::filesystem::permissions(directory / "closed", std::filesystem::perms(0700));
  REQUIRE_FALSE(planned);
  CHECK(planned.error().kind == ErrorKind::permission_denied);
}

}  // namespace trainyard
